import { randomBytes } from 'node:crypto'
import { factorsOf } from '../../lib/users/factors.ts'
import type { Functions } from '../support/http/functions.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { type Operator, PASSWORD, type Tokens, tokensOf } from '../support/users/sessions.ts'

type Store = Pick<Operator, 'add' | 'user' | 'table'>

/** A response of the first step of a sign-in. */
export interface NextStep {
  next: string
  factors: string[]
  loginToken: string
}

const bodyOf = ({ status, text }: { status: number; text: string }) => {
  if (status !== 200) throw new Error(`no success: ${status} ${text}`)
  return JSON.parse(text)
}

/** Verifies a user's password, and returns the login token. */
export async function beginSignIn(
  functions: Functions,
  username: string,
  more: object = {},
): Promise<NextStep> {
  return bodyOf(await functions.ask('login', { body: { username, password: PASSWORD, ...more } }))
}

/** Adds a user with an authenticator app, as of now. The code of this step is spent. */
export async function addTotpUser(
  store: Store,
  functions: Functions,
  values: Parameters<Operator['add']>[0] = {},
) {
  const username = await store.add({ username: `t-${randomBytes(6).toString('hex')}`, ...values })
  const { authToken: token, refreshToken } = tokensOf(
    await functions.ask('login', { body: { username, password: PASSWORD } }),
  )
  const body = { currentPassword: PASSWORD }
  const { secret, uri } = bodyOf(await functions.ask('POST /factors/totp', { token, body }))
  const code = authenticator(secret)
  const confirmation = { token, body: { code: code(new Date()) } }
  const { recoveryCodes } = bodyOf(await functions.ask('confirm-totp', confirmation))
  const { id } = await store.user(username)
  return { id, username, code, secret, uri, recoveryCodes: recoveryCodes as string[], refreshToken }
}

export type TotpUser = Awaited<ReturnType<typeof addTotpUser>>

/** Sends a code for a login token; by default for a new one. */
export async function sendCode(
  functions: Functions,
  { username }: Pick<TotpUser, 'username'>,
  code: string,
  loginToken?: string,
) {
  const body = { loginToken: loginToken ?? (await beginSignIn(functions, username)).loginToken, code }
  return functions.ask('POST /login/totp', { body })
}

/** Signs a user in with the code of the next step, which no earlier sign-in has spent. */
export async function signInWithTotp(functions: Functions, user: TotpUser): Promise<Tokens> {
  return tokensOf(await sendCode(functions, user, user.code(new Date(), 1)))
}

/** Returns the names of a user's factors, as stored. */
export const storedFactors = async (store: Store, username: string) => factorsOf(await store.user(username))
