import { randomBytes } from 'node:crypto'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { codeOf } from '../../lib/factors/totp/totp.ts'
import { noContent } from '../../lib/http/responses.ts'
import { createPasskey, usePasskey } from './authenticator.ts'
import { Difference, expectResponse, type Received } from './responses.ts'
import {
  type App,
  bodyOf,
  credentials,
  found,
  Skip,
  skipIfLimited,
  textOf,
  tokensIn,
  type Visit,
} from './visit.ts'

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
    expectCodes(await send('POST /factors/totp/confirm', { token, body: { code } }))
    visit.app = begun
  },

  'sign-in with the app': async (visit) => {
    const app = found(visit.app, 'new authenticator app')
    const begun = await visit.send('POST /login', { body: credentials(visit.user) })
    skipIfLimited(begun)
    const loginToken = textOf(begun, 'loginToken')
    const code = nextCode(app, begun)
    visit.tokens = tokensIn(await visit.send('POST /login/totp', { body: { loginToken, code } }))
    visit.hasUsedApp = true
  },

  'new passkey': async (visit) => {
    const { send, user } = visit
    const token = tokenWithApp(visit)
    const body = { currentPassword: user.password }
    const { challenge, rp, user: account } = bodyOf(await send('POST /passkeys/options', { token, body }))
    const options = { challenge: String(challenge), rp: idOf(rp), user: idOf(account) }
    const { passkey, response } = createPasskey(options, originOf(visit))
    bodyOf(await send('POST /passkeys', { token, body: { response, name: 'smoke' } }))
    visit.passkey = passkey
  },

  'sign-in with the passkey': async (visit) => {
    const passkey = found(visit.passkey, 'new passkey')
    const challenge = textOf(await visit.send('POST /login/passkey/options', { body: {} }), 'challenge')
    const response = usePasskey(passkey, challenge, originOf(visit))
    visit.passkeyTokens = tokensIn(await visit.send('POST /login/passkey', { body: { response } }))
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
  const { send, table, user } = visit
  const operatorCode = await storeEnrolmentCode(table, user, randomBytes(CODE_RANDOM_BYTES), table.act())
  expectResponse(await send('POST /enrolment/proof', { body: { enrolmentToken, operatorCode } }), noContent())
  const received = await send('POST /enrolment/totp', { body: { enrolmentToken } })
  const app = appIn(received)
  const body = { enrolmentToken, code: nextCode(app, received) }
  const enrolled = await send('POST /enrolment/totp/confirm', { body })
  visit.tokens = tokensIn(enrolled)
  expectCodes(enrolled)
  visit.app = app
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

function expectCodes(received: Received): void {
  const { recoveryCodes } = bodyOf(received)
  if (!Array.isArray(recoveryCodes) || recoveryCodes.length !== 10) {
    throw new Difference('expected ten recovery codes')
  }
}

const idOf = (value: unknown) => ({ id: String(Object(value).id) })

/** By default the origin is that of the issuer. */
export const originOf = ({ rpOrigin, issuer }: Visit) => rpOrigin ?? new URL(found(issuer, 'metadata')).origin
