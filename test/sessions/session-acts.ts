import { expect, vi } from 'vitest'
import { cookieOf, OWN_PAGE } from '../support/http/cookies.ts'
import type { ApiResponse, Functions } from '../support/http/functions.ts'
import {
  begin,
  NEW_PASSWORD,
  type Operator,
  PASSWORD,
  partsOf,
  refresh,
  type Tokens,
  WEAK,
} from '../support/users/sessions.ts'

/** A client and an operator, each with its own connections to the stores. */
export interface Side {
  functions: Functions
  operator: Operator
}

/** A user with two sessions, whose refresh tokens are due. */
export interface Scene {
  username: string
  own: Tokens
  other: Tokens
}

export type Act = (side: Side, scene: Scene) => Promise<ApiResponse | undefined>

export const OTHER_PASSWORD = 'yet another password for tests'

/** Creates a scene a minute before the current time. */
export async function newScene({ functions, operator }: Side, passwordHash?: string): Promise<Scene> {
  const nowMs = Date.now()
  vi.setSystemTime(nowMs - 60_000)
  const username = await operator.add(passwordHash === undefined ? {} : { passwordHash })
  const own = await begin(operator, functions, username)
  const scene = { username, own, other: await begin(operator, functions, username) }
  vi.setSystemTime(nowMs)
  return scene
}

const nothing = (done: Promise<void>) => done.then(() => undefined)

const changePassword = (
  functions: Functions,
  { authToken: token }: Tokens,
  currentPassword: string,
  newPassword: string,
) => functions.ask('password', { token, body: { currentPassword, newPassword } })

/** What users and operators do to the sessions of a scene. */
export const ACTS = {
  login: ({ functions }, { username }) => functions.ask('login', { body: { username, password: PASSWORD } }),
  'login with an old hash': ({ functions }, { username }) =>
    functions.ask('login', { body: { username, password: WEAK.password } }),
  'login over the cookie': ({ functions }, { username, own }) =>
    functions.ask('login', {
      body: { username, password: PASSWORD, session: 'cookie' },
      headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) },
    }),
  'refresh by the cookie': ({ functions }, { own }) =>
    functions.ask('refresh', { body: {}, headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) } }),
  'logout by the cookie': ({ functions }, { own }) =>
    functions.ask('logout', { body: {}, headers: { ...OWN_PAGE, ...cookieOf(own.refreshToken) } }),
  refresh: ({ functions }, { own }) => refresh(functions, own.refreshToken),
  logout: ({ functions }, { own }) => functions.ask('logout', { body: { refreshToken: own.refreshToken } }),
  'logout everywhere': ({ functions }, { other }) =>
    functions.ask('logout', { body: { refreshToken: other.refreshToken, everywhere: true } }),
  'ending the session': ({ functions }, { own, other }) =>
    functions.ask('end-session', { token: other.authToken, id: partsOf(own.refreshToken).sessionId }),
  'password change': ({ functions }, { own }) => changePassword(functions, own, PASSWORD, NEW_PASSWORD),
  'other password change': ({ functions }, { other }) =>
    changePassword(functions, other, PASSWORD, OTHER_PASSWORD),
  'password change over an old hash': ({ functions }, { own }) =>
    changePassword(functions, own, WEAK.password, NEW_PASSWORD),
  'deleting the account': ({ functions }, { other }) =>
    functions.ask('delete-me', { token: other.authToken, body: { currentPassword: PASSWORD } }),
  'disabling the user': ({ operator }, { username }) =>
    nothing(operator.change(username, { disabled: true })),
  'removing the user': ({ operator }, { username }) => nothing(operator.remove(username)),
  'changing the role': ({ operator }, { username }) => nothing(operator.change(username, { role: 'admin' })),
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

/** What ends the own session of a scene, and whether it also revokes every session and access token. */
export const ENDINGS = [
  ['logout', false],
  ['ending the session', false],
  ['logout everywhere', true],
  ['other password change', true],
  ['deleting the account', true],
  ['disabling the user', true],
  ['removing the user', true],
] as const satisfies readonly (readonly [ActName, boolean])[]

export const isAlive = async (functions: Functions, { refreshToken }: Tokens): Promise<boolean> =>
  (await refresh(functions, refreshToken)).status === 200

/** Expects that the sessions have ended, and with `isRevoked` that their access tokens are rejected too. */
export async function expectOver(functions: Functions, tokens: Tokens[], isRevoked: boolean): Promise<void> {
  for (const { authToken, refreshToken } of tokens) {
    if (isRevoked) expect(await functions.opens(authToken)).toBe(false)
    expect((await refresh(functions, refreshToken)).status).toBe(401)
  }
}
