import { vi } from 'vitest'
import { type Item, text } from '../../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { passkeyIdOf } from '../../../lib/factors/passkeys/passkey.ts'
import { hashRecoveryCode } from '../../../lib/factors/recovery-codes/recovery-codes.ts'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { ApiResponse } from '../../support/http/functions.ts'
import type { End } from '../../support/interleave/history.ts'
import { signInByPasskey, totpCode } from '../../support/users/factors.ts'
import type { ActName, Report } from './acts.ts'
import type { Begun, Facts, Stored } from './facts.ts'
import type { FactorScene } from './scene.ts'

/** Returns the violations in what operations reported. */
export function violationsOfReports(
  scene: FactorScene,
  names: readonly ActName[],
  ends: readonly End<Report>[],
  facts: Facts,
): string[] {
  return ends
    .flatMap(({ value, error }, by) => {
      const name = names[by] as ActName
      const status = value?.status
      const own = facts.changes.filter((change) => change.by === by && !change.isLate)
      const isRefused =
        error instanceof Refusal || (status !== undefined && [401, 403, 404, 409, 422, 429].includes(status))
      const found = [
        error !== undefined &&
          !(error instanceof ServiceError || error instanceof Refusal) &&
          `ends with ${(error as Error).stack}`,
        status !== undefined &&
          ![200, 204, 401, 403, 404, 409, 422, 429, 503].includes(status) &&
          `ends with ${status}`,
        isRefused && signedIn(facts, by).length > 0 && 'reports a refusal and signed in',
        isRefused &&
          EFFECTS[name] !== undefined &&
          own.some(({ what }) => what.includes(EFFECTS[name] ?? '')) &&
          // A later change hides one that is sent again.
          !facts.changes.some((other) => other.by !== by) &&
          'reports a refusal and made its change',
        (status === 200 || status === 204) &&
          EFFECTS[name] !== undefined &&
          !facts.changes.some((change) => change.by === by && change.what.includes(EFFECTS[name] ?? '')) &&
          'reports success and changed nothing',
      ]
      return found.filter((one) => one !== false).map((one) => `${name} ${one}`)
    })
    .concat(violationsOfSignIns(scene, facts))
}

/** What a successful operation wrote. */
const EFFECTS: Partial<Record<ActName, string>> = {
  'add totp': 'Put totp',
  'remove totp': 'Delete totp',
  'add passkey': 'Put passkey',
  'remove passkey': 'Delete passkey',
  'new recovery codes': 'Put recovery-codes',
  'enrol totp': 'Put totp',
  'enrol passkey': 'Put passkey',
}

const signedIn = ({ begun }: Facts, by: number): Begun[] => begun.filter((one) => one.by === by)

/** Returns the violations in who signed in, by what. */
function violationsOfSignIns(scene: FactorScene, facts: Facts): string[] {
  const found: string[] = []
  const spent = new Map<string, number>()
  for (const { attempt } of facts.begun) {
    for (const one of attempt?.spends ?? []) spent.set(one, (spent.get(one) ?? 0) + 1)
  }
  for (const [what, count] of spent) if (count > 1) found.push(`a ${what} completed ${count} sign-ins`)
  for (const { attempt, step, readAt } of facts.begun) {
    if (attempt?.login === undefined) continue
    const since = facts.loginBeganAt(attempt.login.token)
    // A revocation after the last read of the user ends the session. A new role ends the access token alone.
    const revoked = facts.revocations.filter(
      (one) =>
        one.step > since &&
        (one.step < readAt ||
          (one.what === 'all' && one.step < step && isLive(scene, facts, attempt.sessionId))),
    )
    if (revoked.length > 0) {
      found.push(`a login token of step ${since} outlived the revocation of step ${revoked[0]?.step}`)
    }
  }
  return found
}

const isLive = (scene: FactorScene, facts: Facts, sessionId: string | undefined): boolean =>
  scene.sessions.some((session) => session.id === sessionId && facts.isSessionLive(session))

/** Returns the violations in which factors sessions began with. */
export async function violationsOfFactors(scene: FactorScene, facts: Facts): Promise<string[]> {
  const found: string[] = []
  for (const { attempt, before, after } of facts.begun) {
    if (attempt === undefined) {
      // By the password alone.
      if (before.totp !== undefined || before.passkeys.size > 0)
        found.push('a password signed in without the factor')
      continue
    }
    const { factor } = attempt
    if (factor && !(await has(scene, before, factor)) && !(await has(scene, after, factor))) {
      found.push(`a sign-in with a ${factor.kind} that the user did not have`)
    }
  }
  for (const token of scene.tokens.filter(({ by }) => by !== undefined)) {
    const attempt = scene.signIns.find(
      ({ by, sessionId }) => sessionId === token.sessionId && by === token.by,
    )
    const { acr } = claimsOf(token.authToken)
    if (attempt && acr !== (attempt.factor ? 'aal2' : 'aal1')) found.push(`a token of ${acr}`)
  }
  return found
}

type Factor = NonNullable<FactorScene['signIns'][number]['factor']>

async function has(scene: FactorScene, stored: Stored, { kind, value }: Factor): Promise<boolean> {
  if (kind === 'passkey') return stored.passkeys.has(passkeyIdOf(value))
  if (kind === 'recovery-code') return stored.codes?.has(hashRecoveryCode(scene.userId, value)) ?? false
  return stored.totp !== undefined && (await scene.service.secretOf(scene.userId, stored.totp)) === value
}

/** Items that stay. All others expire. */
const LASTING =
  /^(user#\S+ (profile|totp|recovery-codes|passkey#\S+|factor-reset)|credential#\S+ credential|name#\S+ name|(client|api|scope|directory)\S+ \S+)$/

/** Returns the violations in the items that are stored. */
export async function violationsOfItems(scene: FactorScene, facts: Facts): Promise<string[]> {
  const found: string[] = []
  const all = await scene.service.scan()
  const keyOf = (item: Item) => `${text(item, 'pk')} ${text(item, 'sk')}`
  for (const item of all) {
    if (!('expiresAt' in item) && !LASTING.test(keyOf(item))) found.push(`${keyOf(item)} never expires`)
  }
  const pk = `user#${scene.userId}`
  const own = new Map(all.filter((item) => text(item, 'pk') === pk).map((item) => [text(item, 'sk'), item]))
  const ids = [...own.keys()]
    .filter((sk) => sk.startsWith('passkey#'))
    .map((sk) => sk.replace('passkey#', ''))
  const claims = all.filter(
    (item) => text(item, 'pk').startsWith('credential#') && text(item, 'userId') === scene.userId,
  )
  const claimed = claims.map((item) => text(item, 'pk').replace('credential#', ''))
  if (ids.toSorted().join() !== claimed.toSorted().join()) found.push(`passkeys ${ids} and claims ${claimed}`)
  const expected = [...(own.has('totp') ? ['totp'] : []), ...(ids.length > 0 ? ['passkey'] : [])]
  const profile = own.get('profile')
  if (profile === undefined) {
    const left = [...own.keys()].filter((sk) => LASTING.test(`${pk} ${sk}`))
    if (left.length > 0) found.push(`the removed user has ${left}`)
    return found
  }
  if (!facts.stored.exists) found.push('the user exists')
  const named = String(Object(profile.factors).S ?? '')
  if (named !== expected.join(' ')) found.push(`the profile names ${named}, and there are ${expected}`)
  if (own.has('recovery-codes') !== expected.length > 0)
    found.push(`recovery codes of a user with ${expected}`)
  return found
}

/** Returns the violations in which sessions and access tokens are valid. */
export async function violationsOfSessions(
  scene: FactorScene,
  names: readonly ActName[],
  ends: readonly End<Report>[],
  facts: Facts,
): Promise<string[]> {
  const found: string[] = []
  for (const token of scene.tokens) {
    const isValid = await scene.functions.opens(token.authToken)
    if (isValid !== facts.isTokenValid(token)) {
      found.push(`an access token of operation ${token.by} is ${isValid ? 'valid' : 'invalid'}`)
    }
  }
  for (const session of scene.sessions) {
    const body = { refreshToken: session.refreshTokens.at(-1) }
    const { status } = await scene.functions.ask('POST /refresh', { body })
    // Under the policy, a session of one factor is refused.
    const isOfTwoFactors = scene.state !== 'enrolment' || facts.begun.some(({ id }) => id === session.id)
    const isExpected = isOfTwoFactors && facts.isSessionLive(session)
    if (status === 200 && !isExpected) found.push(`session ${session.id} is live`)
    // A client that got no tokens may hold one that was replaced since.
    const isUncertain = ends.some(
      ({ value }, by) =>
        (names[by] === 'refresh' && value?.session?.id === session.id) ||
        (value?.status !== 200 && facts.begun.some((one) => one.by === by && one.id === session.id)),
    )
    if (status !== 200 && isExpected && !isUncertain) found.push(`session ${session.id} is lost: ${status}`)
  }
  return found
}

/** Another address than those of the schedule, whose limits it may have used up. */
const HOME = { sourceIp: '198.51.100.7' }

/** Returns the violations in how the user can sign in afterwards: with the password, and every factor that is named. */
export async function violationsOfSignInsAfter(scene: FactorScene, facts: Facts): Promise<string[]> {
  if (!facts.isUsable) return []
  const { functions, username } = scene
  // What has expired is of no help.
  vi.setSystemTime(Date.now() + 600_000)
  const enter = async () => {
    vi.setSystemTime(Date.now() + 60_000)
    const body = { username, password: facts.password }
    return functions.ask('POST /login', { ...HOME, body })
  }
  const first = await enter()
  const body = JSON.parse(first.text)
  if (first.status !== 200) return [`the user is locked out: ${first.text}`]
  if (body.next === undefined) return scene.state === 'enrolment' ? ['the policy is not enforced'] : []
  if (body.next === 'enrolment') return enrolAfter(scene, body.enrolmentToken)
  const found: string[] = []
  for (const factor of body.factors) {
    const { loginToken } = JSON.parse((await enter()).text)
    const response = await lastStep(scene, factor, loginToken)
    if (response && response.status !== 200)
      found.push(`locked out of ${factor}: ${response.status} ${response.text}`)
  }
  return found
}

/** Takes the last step with a factor. `undefined` if no client got the recovery codes. */
async function lastStep(
  scene: FactorScene,
  factor: string,
  loginToken: string,
): Promise<ApiResponse | undefined> {
  const { functions, service, userId } = scene
  const items = await service.items(`user#${userId}`)
  if (factor === 'passkey') {
    const known = scene.passkeys.find(
      ({ passkey }) => `passkey#${passkeyIdOf(passkey.id.toString('base64url'))}` in items,
    )
    if (known === undefined) return { status: 0, headers: {}, text: 'no device has this passkey' }
    return signInByPasskey(functions, known.passkey, loginToken, HOME)
  }
  if (factor === 'totp') {
    const secret = await service.secretOf(userId, String(Object(items.totp?.ciphertext).S))
    if (!scene.secrets.includes(secret)) return { status: 0, headers: {}, text: 'no app has this secret' }
    return functions.ask('POST /login/totp', { ...HOME, body: { loginToken, code: totpCode(secret) } })
  }
  const hashes: string[] = Object(items['recovery-codes']?.codes).SS ?? []
  const code = scene.codes.find((one) => hashes.includes(hashRecoveryCode(userId, one)))
  return code === undefined
    ? undefined
    : functions.ask('POST /login/recovery-code', { ...HOME, body: { loginToken, code } })
}

async function enrolAfter(scene: FactorScene, enrolmentToken: string): Promise<string[]> {
  const { functions, service, username } = scene
  await service.proveEnrolments(username, [enrolmentToken])
  const started = await functions.ask('POST /enrolment/totp', { body: { enrolmentToken } })
  if (started.status !== 200) return [`locked out of enrolment: ${started.text}`]
  const body = { enrolmentToken, code: totpCode(JSON.parse(started.text).secret) }
  const { status, text: said } = await functions.ask('POST /enrolment/totp/confirm', { body })
  return status === 200 ? [] : [`locked out of enrolment: ${said}`]
}
