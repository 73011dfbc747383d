import { randomBytes } from 'node:crypto'
import { storeEnrolmentCode } from '../../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../../lib/factors/recovery-codes/recovery-codes.ts'
import { codeOf } from '../../../lib/factors/totp/totp.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { parseRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import type { User } from '../../../lib/users/user.ts'
import { createPasskey, type SmokePasskey, usePasskey } from '../visit/authenticator.ts'
import { Difference, expectResponse, type Received } from '../visit/responses.ts'
import {
  type App,
  bodyOf,
  credentials,
  found,
  Skip,
  skipIfLimited,
  type Tokens,
  textOf,
  tokensIn,
  type Visit,
} from '../visit/visit.ts'

/** The checks of second factors, in their order. */
export const FACTOR_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'new authenticator app': async (visit) => {
    const { send, user, tokens, app } = visit
    if (app !== undefined) throw new Skip('the sign-in required one, and added it')
    const token = found(tokens, 'sign-in').authToken
    const body = { currentPassword: user.password }
    const received = await send('POST /factors/totp', { token, body })
    const begun = appIn(received)
    const code = nextCode(begun, received)
    codesIn(await send('POST /factors/totp/confirm', { token, body: { code } }))
    visit.app = begun
  },

  'sign-in with the app': async (visit) => {
    const app = found(visit.app, 'new authenticator app')
    const before = found(visit.tokens, 'sign-in')
    const body = { ...credentials(visit.user), replaces: before.refreshToken }
    const begun = await visit.send('POST /login', { body })
    skipIfLimited(begun)
    const loginToken = textOf(begun, 'loginToken')
    const code = nextCode(app, begun)
    visit.tokens = tokensIn(await visit.send('POST /login/totp', { body: { loginToken, code } }))
    visit.hasUsedApp = true
    expectSameSession(before, visit.tokens)
  },

  'new passkey': async (visit) => {
    const { send, user } = visit
    const token = tokenWithApp(visit)
    const body = { currentPassword: user.password }
    const options = await send('POST /passkeys/options', { token, body })
    const { passkey, response } = createPasskey(optionsOf(options), originOf(visit))
    bodyOf(await send('POST /passkeys', { token, body: { response, name: 'smoke' } }))
    visit.passkey = passkey
  },

  'sign-in with the passkey': async (visit) => {
    const passkey = found(visit.passkey, 'new passkey')
    visit.passkeyTokens = tokensIn(await signInByPasskey(visit, passkey))
  },

  'passkey as second factor': async (visit) => {
    const passkey = found(visit.passkey, 'new passkey')
    const before = found(visit.passkeyTokens, 'sign-in with the passkey')
    const body = { ...credentials(visit.user), replaces: before.refreshToken }
    const begun = await visit.send('POST /login', { body })
    skipIfLimited(begun)
    const loginToken = textOf(begun, 'loginToken')
    visit.passkeyTokens = tokensIn(await signInByPasskey(visit, passkey, { loginToken }))
    expectSameSession(before, visit.passkeyTokens)
  },

  'new name of the passkey': async (visit) => {
    const { send } = visit
    const token = found(visit.passkeyTokens, 'sign-in with the passkey').authToken
    const list = async () => {
      const { passkeys } = bodyOf(await send('GET /passkeys', { token }))
      return Object(passkeys)[0] as { id: string; name: string }
    }
    const { id } = await list()
    expectResponse(await send(`PATCH /passkeys/${id}`, { token, body: { name: 'renamed' } }), noContent())
    const { name } = await list()
    if (name !== 'renamed') throw new Difference('expected the new name of the passkey')
  },

  'factors, sessions and passkeys of the user': async (visit) => {
    const token = found(visit.passkeyTokens, 'sign-in with the passkey').authToken
    const { factors } = bodyOf(await visit.send('GET /me', { token }))
    if (String(factors) !== 'totp,passkey') throw new Difference('expected the factors totp and passkey')
    for (const name of ['sessions', 'passkeys']) {
      const { [name]: all } = bodyOf(await visit.send(`GET /${name}`, { token }))
      if (!Array.isArray(all) || all.length === 0) throw new Difference(`expected ${name}, got none`)
    }
  },
}

/**
 * Enrols an authenticator app, which the parameter `requireSecondFactor` demands of a user without factors. A code of the operator
 * is the proof.
 */
export async function enrolApp(visit: Visit, enrolmentToken: string): Promise<void> {
  await proveByOperator(visit, visit.user, enrolmentToken)
  const { tokens, app } = await enrolProvedApp(visit, enrolmentToken)
  visit.tokens = tokens
  visit.app = app
}

/** Proves an enrolment by a code of the operator. */
export async function proveByOperator(
  { send, table }: Visit,
  user: Pick<User, 'id' | 'generation'>,
  enrolmentToken: string,
): Promise<void> {
  const operatorCode = await storeEnrolmentCode(table, user, randomBytes(CODE_RANDOM_BYTES), table.act())
  expectResponse(await send('POST /enrolment/proof', { body: { enrolmentToken, operatorCode } }), noContent())
}

/** Sets up an app in an enrolment that is proved, and completes its sign-in. */
export async function enrolProvedApp({ send }: Visit, enrolmentToken: string) {
  const received = await send('POST /enrolment/totp', { body: { enrolmentToken } })
  const app = appIn(received)
  const body = { enrolmentToken, code: nextCode(app, received) }
  const enrolled = await send('POST /enrolment/totp/confirm', { body })
  return { tokens: tokensIn(enrolled), app, recoveryCodes: codesIn(enrolled) }
}

/**
 * Signs in with a passkey, as both factors or as the second one.
 *
 * @param more - More members of the request: a `loginToken`, or the session that the sign-in replaces.
 */
export async function signInByPasskey(
  visit: Visit,
  passkey: SmokePasskey,
  more: { loginToken?: string; replaces?: string; session?: 'cookie' } = {},
  headers: Record<string, string> = {},
): Promise<Received> {
  const { loginToken } = more
  const body = loginToken === undefined ? {} : { loginToken }
  const challenge = textOf(await visit.send('POST /login/passkey/options', { body }), 'challenge')
  const response = usePasskey(passkey, challenge, originOf(visit))
  return await visit.send('POST /login/passkey', { headers, body: { ...more, response } })
}

/** Returns the token of a sign-in with the app: a change of factors demands both. */
export const tokenWithApp = ({ tokens, hasUsedApp }: Visit): string =>
  found(hasUsedApp ? tokens : undefined, 'sign-in with the app').authToken

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Returns the app of a response that begins one. */
function appIn(received: Received): App {
  const bits = [...textOf(received, 'secret')].map((one) => BASE32.indexOf(one).toString(2).padStart(5, '0'))
  const bytes = bits.join('').match(/.{8}/g) ?? []
  return { secret: Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))), lastStep: -1 }
}

/**
 * Returns a code that was not used, of the step at the server's clock or the next one, which the server accepts too.
 *
 * @param latest - The latest response, with the time in its header `Date`.
 */
function nextCode(app: App, { headers }: Received): string {
  const atMs = Date.parse(headers.get('date') ?? '') || Date.now()
  app.lastStep = Math.max(app.lastStep + 1, Math.floor(atMs / 30_000))
  return codeOf(app.secret, app.lastStep)
}

/** Returns the recovery codes of a response. */
export function codesIn(received: Received): string[] {
  const { recoveryCodes } = bodyOf(received)
  if (!Array.isArray(recoveryCodes) || recoveryCodes.length !== 10) {
    throw new Difference('expected ten recovery codes')
  }
  return recoveryCodes.map(String)
}

/** Returns the options for a new passkey in a response. */
export function optionsOf(received: Received) {
  const { challenge, rp, user } = bodyOf(received)
  return { challenge: String(challenge), rp: idOf(rp), user: idOf(user) }
}

/** A sign-in in the place of a session renews it. */
export function expectSameSession(before: Tokens, after: Tokens): void {
  const [old, renewed] = [before, after].map(({ refreshToken }) => parseRefreshToken(refreshToken)?.selector)
  if (old !== renewed) throw new Difference('expected the same session as before, got another one')
}

const idOf = (value: unknown) => ({ id: String(Object(value).id) })

/** By default the origin is that of the issuer. */
export const originOf = ({ rpOrigin, issuer }: Visit) => rpOrigin ?? new URL(found(issuer, 'metadata')).origin
