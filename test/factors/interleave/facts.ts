import { createdAtOf } from '../../../lib/sessions/refresh-token.ts'
import { signInOf } from '../../../lib/sessions/session.ts'
import { isRenewal } from '../../security/interleave/facts.ts'
import type { KnownSession, KnownToken } from '../../security/interleave/scene.ts'
import { claimsOf } from '../../support/http/forge.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { ACTS, type Act, type ActName, NEW_PASSWORDS, type Report } from './acts.ts'
import type { FactorScene, SignInAttempt } from './scene.ts'

/** The second factors of a user, as AWS stored them. */
export interface Stored {
  /** Encrypted secret of the authenticator app. */
  totp: string | undefined
  /** Ids. */
  passkeys: ReadonlySet<string>
  /** Hashes of recovery codes; `undefined` without the item. */
  codes: ReadonlySet<string> | undefined
  exists: boolean
}

/** A write that revoked tokens, or sessions too. */
export interface Revocation {
  step: number
  by: number
  what: 'tokens' | 'all'
  /** Sign-in of the caller, which survives. */
  survivor: string | undefined
}

/** A write that stored a session, or renewed one. */
export interface Begun {
  id: string
  /** Name of the sign-in. */
  signIn: string
  by: number
  step: number
  /** Step at which the user was read for it. */
  readAt: number
  /** Before and after the write. */
  before: Stored
  after: Stored
  attempt: SignInAttempt | undefined
}

type Input = Arrival['input']

export type Facts = ReturnType<typeof factsOf>

/** Operations of a caller whose session survives. */
const CALLERS: readonly ActName[] = ['add totp', 'remove totp', 'add passkey', 'remove passkey', 'password']

/** Returns what a schedule must have led to, by the writes that AWS made. */
export function factsOf(scene: FactorScene, names: readonly ActName[], { arrivals, ends }: History<Report>) {
  const pk = `user#${scene.userId}`
  const revocations: Revocation[] = []
  const begun: Begun[] = []
  const begunLogins = new Map<string, number>()
  const tombstones: { id: string; step: number; by: number }[] = []
  /** Steps at which an operation read the user, or changed it. */
  const views: { by: number; step: number }[] = []
  const changes: { by: number; step: number; isLate: boolean; what: string[] }[] = []
  const repeated = new Set<string>()
  let password = PASSWORD
  let disabled = false
  let stored = initial(scene)

  for (const { step, by, isLate, isDone, isAnswered, operation, input } of arrivals) {
    if (!isDone || repeated.has(input.ClientRequestToken)) continue
    if (operation === 'TransactWriteItems') repeated.add(input.ClientRequestToken)
    if (isAnswered && reads(operation, input, pk)) views.push({ by, step })
    const before = stored
    const what: string[] = []
    let changesUser = false
    const sessions: { id: string; authTime: number }[] = []
    for (const [kind, write] of writesOf({ operation, input })) {
      const { pk: partition, sk } = write.Key ?? write.Item
      if (partition.S.startsWith('login#') && sk.S === 'token' && kind === 'Put') {
        begunLogins.set(partition.S.replace('login#', ''), viewOf(views, by, step))
      }
      if (partition.S !== pk) continue
      stored = after(stored, kind, sk.S, write)
      if (
        sk.S === 'profile' &&
        (kind === 'Delete' || '#changeId' in (write.ExpressionAttributeNames ?? {}))
      ) {
        changesUser = true
        views.push({ by, step })
      }
      if (sk.S.startsWith('session#')) {
        const id = sk.S.replace('session#', '')
        const { authTime } = write.Item ?? {}
        if (kind === 'Put' && write.Item.endedAt === undefined)
          sessions.push({ id, authTime: Number(authTime.N) })
        else if (isRenewal(write)) {
          sessions.push({ id, authTime: Number(write.ExpressionAttributeValues[':authTime'].N) })
        } else if (/endedAt = /.test(write.UpdateExpression ?? '') || kind === 'Put')
          tombstones.push({ id, step, by })
      }
      if (!/^(session|attempts|tries|totp-pending|totp-tries)/.test(sk.S))
        what.push(`${kind} ${sk.S.split('#')[0]}`)
    }
    const name = names[by] as ActName
    const act: Act = ACTS[name]
    const isRevoking = changesFactors(before, stored)
    if (isRevoking || (changesUser && act.revokes)) {
      const token = CALLERS.includes(name) ? ends[by]?.value?.token : undefined
      const survivor =
        token && signInOf({ id: token.sessionId, authTime: claimsOf(token.authToken).auth_time })
      revocations.push({ step, by, what: isRevoking ? 'all' : (act.revokes ?? 'all'), survivor })
    }
    if (changesUser && act.sets) password = act.sets
    if (changesUser && name === 'disable') disabled = true
    if (what.length > 0) changes.push({ by, step, isLate, what })
    for (const { id, authTime } of sessions) {
      const attempt = scene.signIns.find((one) => one.by === by)
      begun.push({
        id,
        signIn: signInOf({ id, authTime }),
        by,
        step,
        readAt: viewOf(views, by, step),
        before,
        after: stored,
        attempt,
      })
    }
  }

  const beganAt = (id: string): number => {
    const one = begun.findLast((session) => session.id === id)
    return one ? viewOf(views, one.by, one.step) : -1
  }

  /** Returns the step at which the operation that got a token read the user. */
  const issuedAt = ({ by, sessionId }: KnownToken): number => {
    if (by === undefined) return -1
    const own = begun.find((session) => session.id === sessionId && session.by === by)
    if (own) return viewOf(views, by, own.step)
    // A refresh reads once, unless its write was refused.
    return views.find((view) => view.by === by)?.step ?? -1
  }

  /** Returns the name of the latest sign-in of a session. */
  const signInAt = (id: string): string =>
    begun.findLast((session) => session.id === id)?.signIn ?? signInOf({ id, authTime: createdAtOf({ id }) })

  const isUsable = stored.exists && !disabled

  return {
    stored,
    revocations,
    begun,
    changes,
    password,
    isUsable,
    /** Step at which the user was read for a login token. */
    loginBeganAt: (token: string): number => begunLogins.get(token.split('.')[0] ?? '') ?? -1,
    isTokenValid: (token: KnownToken): boolean =>
      isUsable && !revocations.some(({ step }) => step > issuedAt(token)),
    isSessionLive: ({ id }: KnownSession): boolean =>
      isUsable &&
      !tombstones.some((tombstone) => tombstone.id === id) &&
      !ends.some(
        ({ value }, by) => value?.session?.id === id && value.status === 204 && names[by] === 'logout',
      ) &&
      !revocations.some(
        ({ step, what, survivor }) => what === 'all' && step > beganAt(id) && survivor !== signInAt(id),
      ),
    passwords: [PASSWORD, ...Object.values(NEW_PASSWORDS)],
  }
}

function initial({ before }: FactorScene): Stored {
  const ids = Object.keys(before).filter((sk) => sk.startsWith('passkey#'))
  return {
    totp: Object(before.totp?.ciphertext).S,
    passkeys: new Set(ids.map((sk) => sk.replace('passkey#', ''))),
    codes: before['recovery-codes'] && new Set<string>(Object(before['recovery-codes'].codes).SS ?? []),
    exists: true,
  }
}

const viewOf = (views: readonly { by: number; step: number }[], by: number, until: number): number =>
  views.findLast((view) => view.by === by && view.step <= until)?.step ?? -1

/** Whether a write added the first second factor, or removed or replaced one. */
function changesFactors(before: Stored, now: Stored): boolean {
  if (!now.exists || before === now) return false
  const count = (one: Stored) => (one.totp === undefined ? 0 : 1) + one.passkeys.size
  const isFirst = count(before) === 0 && count(now) > 0
  const isLost =
    (before.totp !== undefined && before.totp !== now.totp) ||
    [...before.passkeys].some((id) => !now.passkeys.has(id))
  return isFirst || isLost
}

/** Returns the factors after a write. */
function after(stored: Stored, kind: string, sk: string, write: Input): Stored {
  const isDeleted = kind === 'Delete'
  if (sk === 'totp' && kind !== 'Update')
    return { ...stored, totp: isDeleted ? undefined : write.Item.ciphertext.S }
  if (sk === 'profile' && isDeleted) return { ...stored, exists: false }
  if (sk.startsWith('passkey#') && kind !== 'Update') {
    const id = sk.replace('passkey#', '')
    const others = [...stored.passkeys].filter((one) => one !== id)
    return { ...stored, passkeys: new Set(isDeleted ? others : [...others, id]) }
  }
  if (sk !== 'recovery-codes') return stored
  if (isDeleted) return { ...stored, codes: undefined }
  if (kind === 'Put') return { ...stored, codes: new Set(write.Item.codes.SS) }
  const spent: string[] = Object(write.ExpressionAttributeValues[':codes']).SS
  return { ...stored, codes: new Set([...(stored.codes ?? [])].filter((code) => !spent.includes(code))) }
}

const reads = (operation: string, input: Input, pk: string): boolean =>
  operation === 'BatchGetItem' &&
  Object.values(input.RequestItems).some((request) =>
    Object(request).Keys.some((key: Input) => key.pk.S === pk && key.sk.S === 'profile'),
  )
