import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { ApiResponse, Asking, Functions } from '../http/functions.ts'
import { ORIGIN } from '../service.ts'
import { authenticator } from './authenticator.ts'
import { PASSWORD, type Tokens } from './sessions.ts'
import { createPasskey, type Kind, type SoftPasskey, usePasskey } from './webauthn/authenticator.ts'

type Ask = Pick<Functions, 'ask'>

/** Returns the code that an authenticator app shows, some steps from now. */
export const totpCode = (secretInBase32: string, steps = 0): string =>
  authenticator(secretInBase32)(new Date(), steps)

/** Returns one of a hundred codes of which none is accepted now. */
export function wrongTotpCode(secretInBase32: string, different = 0): string {
  const correct = [-1, 0, 1].map((steps) => totpCode(secretInBase32, steps))
  const all = Array.from({ length: 103 }, (_, index) => String(index * 7_919).padStart(6, '0'))
  return all.filter((code) => !correct.includes(code))[different] as string
}

/** Returns the body of a response that must have this status. */
export function bodyOf<T = Record<string, string>>({ status, text }: ApiResponse, expected = 200): T {
  if (status !== expected) throw new Error(`${status} ${text}`)
  return text === '' ? ({} as T) : JSON.parse(text)
}

/** What a user with second factors has. */
export interface Factors {
  username: string
  /** In base32. */
  secret?: string
  passkey?: SoftPasskey
  recoveryCodes: string[]
}

/** Signs in with the password. */
export const enterPassword = (functions: Ask, username: string, asking: Asking = {}) =>
  functions.ask('POST /login', { ...asking, body: { username, password: PASSWORD, ...asking.body } })

/** Signs in with the password, and returns the login token or enrolment token of the next step. */
export async function beginLogin(functions: Ask, username: string, asking: Asking = {}): Promise<string> {
  const { next, loginToken, enrolmentToken } = bodyOf(await enterPassword(functions, username, asking))
  const token = loginToken ?? enrolmentToken
  if (next === undefined || token === undefined) throw new Error('the password completes the sign-in')
  return token
}

/** Signs in with a passkey, as second factor if there is a login token. */
export async function signInByPasskey(
  functions: Ask,
  passkey: SoftPasskey,
  loginToken?: string,
  asking: Asking = {},
): Promise<ApiResponse> {
  const body = loginToken === undefined ? {} : { loginToken }
  const options: PublicKeyCredentialRequestOptionsJSON = bodyOf(
    await functions.ask('POST /login/passkey/options', { ...asking, body }),
  )
  const response = usePasskey(passkey, options, ORIGIN)
  return functions.ask('POST /login/passkey', { ...asking, body: { ...body, response } })
}

/** Signs in completely with what the user has. */
export async function signInWith(functions: Ask, factors: Factors, asking: Asking = {}): Promise<Tokens> {
  const { username, secret, passkey } = factors
  const first = bodyOf<Tokens & { loginToken?: string }>(await enterPassword(functions, username, asking))
  const { loginToken } = first
  if (loginToken === undefined) return first
  if (secret === undefined && passkey)
    return bodyOf(await signInByPasskey(functions, passkey, loginToken, asking))
  const body = { loginToken, code: totpCode(String(secret)) }
  return bodyOf(await functions.ask('POST /login/totp', { ...asking, body }))
}

/** Adds an authenticator app with a session's token. Returns its secret, and the recovery codes if they are new. */
export async function addTotp(
  functions: Ask,
  token: string,
): Promise<{ secret: string; recoveryCodes?: string[] }> {
  const { secret = '' } = bodyOf(
    await functions.ask('POST /factors/totp', { token, body: { currentPassword: PASSWORD } }),
  )
  const body = { code: totpCode(secret) }
  return { secret, ...bodyOf(await functions.ask('POST /factors/totp/confirm', { token, body })) }
}

/** Adds a passkey with a session's token. */
export async function addPasskey(
  functions: Ask,
  token: string,
  kind: Kind = {},
): Promise<{ passkey: SoftPasskey; id: string; recoveryCodes?: string[] }> {
  const options: Parameters<typeof createPasskey>[0] = bodyOf(
    await functions.ask('POST /passkeys/options', { token, body: { currentPassword: PASSWORD } }),
  )
  const { passkey, response } = createPasskey(options, ORIGIN, kind)
  const added: { passkey: { id: string }; recoveryCodes?: string[] } = bodyOf(
    await functions.ask('POST /passkeys', { token, body: { response } }),
  )
  return { passkey, id: added.passkey.id, ...(added.recoveryCodes && { recoveryCodes: added.recoveryCodes }) }
}
