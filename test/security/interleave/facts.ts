import { createdAtOf } from '../../../lib/sessions/refresh-token.ts'
import { claimsOf } from '../../support/http/forge.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import type { Act, Known, Report } from './act.ts'
import { ACTS, type ActName } from './operations.ts'
import { type KnownSession, type KnownToken, PASSWORDS, type UserScene } from './scene.ts'

/** A write that changed the profile of a user. */
interface ProfileWrite extends Pick<Arrival, 'step' | 'by' | 'isLate'> {
  userId: string
  /** What the operation that sent it is. */
  name: ActName | undefined
  act: Act | undefined
  /** The request as it was sent. */
  request: string
}

/** A write of a sign-in that renewed a session. */
export interface Renewal extends Pick<Arrival, 'step' | 'by'> {
  userId: string
  id: string
  authTime: number
}

export type Facts = ReturnType<typeof factsOf>

/** Returns what a schedule must have led to: whom AWS stored, and what each write of a profile revoked. */
export function factsOf(scene: UserScene, names: readonly ActName[], { arrivals, ends }: History<Report>) {
  const done = arrivals.filter(({ isDone }) => isDone)
  const tokens = new Set<string>()
  const writes: ProfileWrite[] = []
  const renewals: Renewal[] = []
  for (const { step, by, isLate, operation, input } of done) {
    // DynamoDB makes the writes of a request token once.
    if (tokens.has(input.ClientRequestToken)) continue
    if (operation === 'TransactWriteItems') tokens.add(input.ClientRequestToken)
    renewals.push(...renewalsIn({ operation, input }).map((renewal) => ({ ...renewal, step, by })))
    for (const userId of profilesIn({ operation, input })) {
      const name = names[by]
      const act = name && ACTS[name]
      writes.push({ step, by, isLate, userId, name, act, request: JSON.stringify(input) })
    }
  }

  const isLast = (userId: string, before: number) => (write: ProfileWrite) =>
    write.userId === userId && write.step <= before
  const { ada, email, bob } = scene.names
  const other = { email: undefined, role: 'user', disabled: false } as const
  const first: Record<string, Known> = {
    [scene.bobId]: { ...other, username: bob, password: undefined },
    [scene.id]: { username: ada, email, role: 'user', disabled: false, password: PASSWORDS.first },
  }

  /** Returns what is known of a user after a step, or `undefined` if there is no such user. */
  function userAt(userId: string, step = Infinity): Known | undefined {
    let user = first[userId]
    for (const { act } of writes.filter(isLast(userId, step))) {
      const effect = act?.effect?.(scene)
      user = effect === 'removed' ? undefined : ({ ...user, ...effect } as Known)
    }
    return user
  }

  /** Whether a write ended all sessions of its user. */
  function endsSessions({ act, userId, step }: ProfileWrite): boolean {
    if (act?.revokes !== 'address') return act?.revokes === 'all'
    const before = userAt(userId, step - 1)?.email
    return before !== undefined && userAt(userId, step)?.email !== before
  }

  /** Returns the step at which an operation read the user for a token that it got. */
  function readAt(by: number | undefined, userId: string): number {
    if (by === undefined) return 0
    const read = done.find((arrival) => arrival.by === by && arrival.isAnswered && reads(arrival, userId))
    if (read === undefined) throw new Error('a token of a user that was not read')
    return read.step
  }

  const revocations = (userId: string, after: number) =>
    writes.filter(
      (write) => write.userId === userId && write.step > after && write.act?.revokes !== undefined,
    )

  /** Returns the step at which the user was read for the latest sign-in of a session. */
  const beganAt = ({ id, userId }: KnownSession) => {
    const latest = renewals.findLast((renewal) => renewal.id === id)
    return readAt((latest ?? scene.tokens.find(({ sessionId }) => sessionId === id))?.by, userId)
  }

  const authTimeOf = ({ id }: KnownSession): number =>
    renewals.findLast((renewal) => renewal.id === id)?.authTime ?? createdAtOf({ id })

  /** Whether a token is of the latest sign-in of a session. A change of the password by it lets the session live. */
  const isOfLatest = (token: KnownToken | undefined, session: KnownSession): boolean =>
    token?.sessionId === session.id && claimsOf(token.authToken).auth_time === authTimeOf(session)

  /** Returns the step of the last write before a step that created a user. */
  const createdAt = (userId: string, before: number): number | undefined =>
    writes.findLast((write) => write.userId === userId && write.step < before && isCreation(write.name))?.step

  const hasRead = (by: number, userId: string, after: number, before: number): boolean =>
    done.some(
      (arrival) =>
        arrival.by === by && arrival.step > after && arrival.step < before && reads(arrival, userId),
    )

  const isUsable = (userId: string) => userAt(userId)?.disabled === false

  return {
    writes,
    userAt,
    readAt,
    createdAt,
    hasRead,
    userIds: [...new Set([scene.id, scene.bobId, ...writes.map(({ userId }) => userId)])],
    /** Writes that revoked an access token. */
    revoking: (token: KnownToken) => revocations(token.userId, readAt(token.by, token.userId)),
    isTokenValid(token: KnownToken): boolean {
      return isUsable(token.userId) && this.revoking(token).length === 0
    },
    renewals,
    authTimeOf,
    /** Writes that revoked all sessions between the read of a sign-in that renewed a session, and its write. */
    revokedBefore: (renewal: Renewal) =>
      revocations(renewal.userId, readAt(renewal.by, renewal.userId)).filter(
        (write) => endsSessions(write) && write.step < renewal.step && write.by !== renewal.by,
      ),
    /** Operations that wrote a tombstone of a session. */
    endersOf: ({ id }: KnownSession): number[] =>
      done.filter((arrival) => isTombstone(arrival, id)).map(({ by }) => by),
    /** Writes that revoked a session. A password change lets the sign-in live in which it was made. */
    ending: (session: KnownSession) =>
      revocations(session.userId, beganAt(session)).filter(
        (write) =>
          endsSessions(write) &&
          !(write.name === 'password' && isOfLatest(ends[write.by]?.value?.token, session)),
      ),
    /** Whether a session was ended, by its tombstone or by a report to a client. */
    isEnded: ({ id }: KnownSession): boolean =>
      done.some((arrival) => isTombstone(arrival, id)) ||
      ends.some(({ value }, by) => value?.session?.id === id && ENDING[String(names[by])] === value.status),
    /** Whether a session was ended or revoked by another operation, or its user disabled, before a step. */
    isEndedBefore(session: KnownSession, step: number, by: number): boolean {
      const others = [
        ...done.filter((arrival) => isTombstone(arrival, session.id)),
        ...this.ending(session),
      ].filter((other) => other.by !== by && other.step <= step)
      return others.length > 0
    },
    isSessionLive(session: KnownSession): boolean {
      return isUsable(session.userId) && !this.isEnded(session) && this.ending(session).length === 0
    },
  }
}

/** Operations that end a session, each with its status. */
const ENDING: Record<string, number> = {
  logout: 204,
  everywhere: 204,
  'end session': 204,
}

const isTombstone = (arrival: Arrival, id: string): boolean =>
  writesOf(arrival).some(
    ([, { Key, UpdateExpression }]) => Key?.sk.S === `session#${id}` && /endedAt = /.test(UpdateExpression),
  )

/** Returns the sessions that a request renews. */
const renewalsIn = (request: Pick<Arrival, 'operation' | 'input'>) =>
  writesOf(request).flatMap(([kind, write]) =>
    kind === 'Update' && isRenewal(write)
      ? [
          {
            userId: write.Key.pk.S.replace(/^user#/, ''),
            id: write.Key.sk.S.replace(/^session#/, ''),
            authTime: Number(write.ExpressionAttributeValues[':authTime'].N),
          },
        ]
      : [],
  )

/** Whether a write renews a session: a refresh keeps the salt. */
export const isRenewal = (write: Arrival['input']): boolean =>
  write.Key?.sk?.S.startsWith('session#') && '#salt' in (write.ExpressionAttributeNames ?? {})

const isCreation = (name: ActName | undefined) => /^add|^import/.test(String(name))

const userIdIn = (key: Arrival['input']): string[] =>
  key?.sk?.S === 'profile' ? [key.pk.S.replace(/^user#/, '')] : []

/** Returns the ids of the users whose profiles a request changes, if it does more than to replace a hash. */
const profilesIn = (request: Pick<Arrival, 'operation' | 'input'>): string[] =>
  request.operation === 'TransactWriteItems'
    ? writesOf(request).flatMap(([, { Key, Item }]) => userIdIn(Key ?? Item))
    : []

const reads = ({ operation, input }: Arrival, userId: string): boolean =>
  operation === 'BatchGetItem' &&
  Object.values(input.RequestItems).some((request) =>
    Object(request).Keys.some((key: Arrival['input']) => userIdIn(key).includes(userId)),
  )
