import { cookieOf, OWN_PAGE, tokensInCookie } from '../../support/http/cookies.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { Asking, Route } from '../../support/http/functions.ts'
import type { Act } from './act.ts'
import { addTokens, type KnownToken, PASSWORDS, type UserScene } from './scene.ts'

async function ask(scene: UserScene, route: Route, asking: Asking) {
  scene.tick()
  const { status, text } = await scene.functions.ask(route, asking)
  return { status, body: text === '' ? undefined : JSON.parse(text) }
}

/** Signs in with a password, in a browser that keeps a session. */
const loginOver = (password: string): Act => ({
  password,
  async run(scene, by) {
    const session = scene.pick(scene.sessions)
    scene.tick()
    const response = await scene.functions.ask('login', {
      body: { username: scene.names.ada, password, session: 'cookie' },
      headers: { ...OWN_PAGE, ...cookieOf(session.refreshTokens.at(-1) ?? '') },
    })
    if (response.status === 200) addTokens(scene, tokensInCookie(response), by)
    return { status: response.status, session }
  },
})

const login = (name: 'ada' | 'email', password: string): Act => ({
  password,
  async run(scene, by) {
    const { status, body } = await ask(scene, 'login', { body: { username: scene.names[name], password } })
    if (status === 200) addTokens(scene, body, by)
    return { status }
  },
})

const refresh = (which: 'last' | 'first'): Act => ({
  async run(scene, by) {
    const session = scene.pick(scene.sessions)
    const refreshToken = session.refreshTokens.at(which === 'last' ? -1 : 0)
    const { status, body } = await ask(scene, 'refresh', { body: { refreshToken } })
    if (status === 200) addTokens(scene, body, by)
    return { status, session }
  },
})

const logout = (everywhere: boolean): Act => ({
  ...(everywhere && { revokes: 'all', effect: () => ({}) }),
  async run(scene) {
    const session = scene.pick(scene.sessions)
    const refreshToken = session.refreshTokens.at(-1)
    const { status } = await ask(scene, 'logout', { body: { refreshToken, everywhere } })
    return { status, session }
  },
})

/** Returns what API Gateway keeps of the authorizer's result: the token may have been revoked since. */
export function kept({ authToken }: Pick<KnownToken, 'authToken'>): Record<string, string> {
  const { sub, username, role, exp, gen, sid, acr, auth_time } = claimsOf(authToken)
  return {
    userId: sub,
    username,
    role,
    expiresAt: String(exp),
    generation: String(gen),
    sessionId: sid,
    acr,
    authTime: String(auth_time),
  }
}

/** Requests of clients. */
export const REQUESTS = {
  login: login('ada', PASSWORDS.first),
  'login by address': login('email', PASSWORDS.first),
  "login with the operator's password": login('ada', PASSWORDS.operator),
  'login of a new user': login('ada', PASSWORDS.added),
  'login over a session': loginOver(PASSWORDS.first),
  refresh: refresh('last'),
  'refresh with a copied token': refresh('first'),
  logout: logout(false),
  everywhere: logout(true),
  password: {
    revokes: 'all',
    effect: () => ({ password: PASSWORDS.own }),
    password: PASSWORDS.first,
    async run(scene) {
      const token = scene.pick(scene.tokens)
      const body = { currentPassword: PASSWORDS.first, newPassword: PASSWORDS.own }
      const { status } = await ask(scene, 'password', { body, authorization: kept(token) })
      return { status, token }
    },
  },
  'delete me': {
    revokes: 'all',
    effect: () => 'removed',
    password: PASSWORDS.first,
    async run(scene) {
      const token = scene.pick(scene.tokens)
      const body = { currentPassword: PASSWORDS.first }
      const { status } = await ask(scene, 'delete-me', { body, authorization: kept(token) })
      return { status, token }
    },
  },
  'end session': {
    async run(scene) {
      const token = scene.pick(scene.tokens)
      const session = scene.pick(scene.sessions)
      const { status } = await ask(scene, 'end-session', { id: session.id, authorization: kept(token) })
      return { status, token, session }
    },
  },
} satisfies Record<string, Act>
