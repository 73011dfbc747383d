import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { kept } from '../../security/interleave/requests.ts'
import { cookieOf, OWN_PAGE, tokensInCookie } from '../../support/http/cookies.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, latest, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import { useService } from '../../support/service.ts'
import { addTestUser } from '../../support/users/users.ts'
import { addClient, CALLBACK, queryOf, SECRET, VERIFIER } from '../clients.ts'

export const PASSWORD = 'the first password'

/** Clients of the scene: one with a secret, one without, and one that the user has not approved yet. */
export const CLIENT_IDS = ['shop', 'phone', 'news'] as const

export type ClientId = (typeof CLIENT_IDS)[number]

/** A code that a client got. */
export interface KnownCode {
  client: ClientId
  code: string
  scope: string
  /** Index of the operation that got it; -1 if it is older than all of them. */
  by: number
}

/** A grant that a client got. */
export interface KnownGrant {
  id: string
  sessionId: string
  code: KnownCode
  /** In the order of the responses. */
  refreshTokens: string[]
  accessTokens: string[]
}

/** What browser, clients and operators know. */
export interface Known {
  /** What the browser keeps. */
  cookie: string
  authToken: string
  secrets: Partial<Record<ClientId, string>>
  codes: KnownCode[]
  grants: KnownGrant[]
}

/** User, session, clients, codes and grants of one schedule. */
export interface OauthScene extends Known, Scene {
  functions: Functions
  userId: string
  username: string
  /** Names of the alarms that were logged. */
  alarms: string[]
}

/** A response, and its body as an object. */
export interface Answered {
  status: number
  body: ReturnType<typeof JSON.parse>
}

const answered = ({ status, text }: { status: number; text: string }): Answered => ({
  status,
  body: text === '' ? {} : JSON.parse(text),
})

/** Asks for a code, as the page does. */
export async function approve(
  scene: OauthScene,
  { client, scope, isClicked }: { client: ClientId; scope: string; isClicked: boolean },
  by: number,
): Promise<Answered & { isIssued: boolean }> {
  scene.tick()
  const response = answered(
    await scene.functions.ask('approve', {
      body: {
        query: queryOf({ client_id: client, scope }),
        ...(isClicked && { click: { sub: scene.userId, scope } }),
      },
      headers: { ...OWN_PAGE, ...cookieOf(scene.cookie), Authorization: `Bearer ${scene.authToken}` },
    }),
  )
  const { location } = response.body
  const code = location === undefined ? null : new URL(location).searchParams.get('code')
  if (code !== null) scene.codes.push({ client, code, scope, by })
  return { ...response, isIssued: code !== null }
}

let sources = 0

/** Sends a form of a client, with its secret. Each comes from an address of its own: from the same one, a code would only be repeated. */
async function askForTokens(scene: OauthScene, client: ClientId, form: Record<string, string>) {
  const client_secret = scene.secrets[client]
  const body = new URLSearchParams({
    client_id: client,
    ...(client_secret !== undefined && { client_secret }),
    ...form,
  })
  sources += 1
  return answered(await scene.functions.ask('token', { body, sourceIp: `198.51.100.${sources % 256}` }))
}

/** Exchanges a code, with full proof. */
export async function exchange(scene: OauthScene, code: KnownCode): Promise<Answered> {
  scene.tick()
  const form = { grant_type: 'authorization_code', code: code.code, code_verifier: VERIFIER }
  const response = await askForTokens(scene, code.client, form)
  if (response.status === 200) {
    const { access_token, refresh_token } = response.body
    const { gid, sid } = claimsOf(access_token)
    const tokens = { refreshTokens: [refresh_token], accessTokens: [access_token] }
    scene.grants.push({ id: gid, sessionId: sid, code, ...tokens })
  }
  return response
}

/** Refreshes a grant. */
export async function refresh(
  scene: OauthScene,
  grant: KnownGrant,
  refresh_token = grant.refreshTokens.at(-1) ?? '',
): Promise<Answered> {
  scene.tick()
  const response = await askForTokens(scene, grant.code.client, {
    grant_type: 'refresh_token',
    refresh_token,
  })
  if (response.status === 200) {
    grant.refreshTokens.push(response.body.refresh_token)
    grant.accessTokens.push(response.body.access_token)
  }
  return response
}

/** Signs in with the password in the browser, which may keep a session. */
export async function signIn(scene: OauthScene): Promise<Answered> {
  scene.tick()
  const response = await scene.functions.ask('login', {
    body: { username: scene.username, password: PASSWORD, session: 'cookie' },
    headers: { ...OWN_PAGE, ...cookieOf(scene.cookie) },
  })
  if (response.status === 200) {
    const { authToken, refreshToken } = tokensInCookie(response)
    Object.assign(scene, { authToken, cookie: refreshToken })
  }
  return answered(response)
}

/** Asks a route as the browser does: with the cookie, and what API Gateway kept of the authorizer's result. */
export async function askAsBrowser(
  scene: OauthScene,
  route: 'refresh' | 'logout' | 'password' | 'end-session' | 'revoke-app' | 'delete-me',
  body: object = {},
): Promise<Answered> {
  scene.tick()
  const response = await scene.functions.ask(route, {
    body,
    headers: { ...OWN_PAGE, ...cookieOf(scene.cookie) },
    authorization: kept(scene),
    id: route === 'revoke-app' ? 'shop' : claimsOf(scene.authToken).sid,
  })
  if (route === 'refresh' && response.status === 200) {
    const { authToken, refreshToken } = tokensInCookie(response)
    Object.assign(scene, { authToken, cookie: refreshToken })
  }
  return answered(response)
}

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)

/** Scopes of the grants that each approved client has. The second one outlives its session. */
const SCOPES = ['openid', 'openid offline_access']

/**
 * Starts the stores and the functions, and signs ada in. Two apps have two grants each, and a code. The refresh tokens of `phone` were
 * replaced a minute ago. Returns what begins a schedule.
 */
export async function firstOauthScene() {
  const alarms: string[] = []
  vi.spyOn(console, 'info').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
  vi.spyOn(console, 'warn').mockImplementation(({ event }) => void alarms.push(event))
  const at = (seconds: number) => void vi.setSystemTime(BEGIN_MS + seconds * 1_000)
  vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
  at(-180)
  const stores = await useService({ settings: { MAILER: '' } })
  const { table } = stores
  // The cost is the service's own, so that a sign-in does not replace the hash.
  const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
  const { id: userId, username } = await addTestUser(table, { username: 'ada', passwordHash })
  for (const id of ['shop', 'news']) await addClient(table, { id })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK] })
  const known: Known = {
    cookie: '',
    authToken: '',
    secrets: { shop: SECRET, news: SECRET },
    codes: [],
    grants: [],
  }
  const fixed = { functions: stores.functions, userId, username, alarms }
  const none = { table, eventsBefore: new Set<string>() }
  const first: OauthScene = { ...fixed, ...none, ...known, pick: latest, tick: () => {} }
  at(-120)
  await signIn(first)
  for (const client of ['shop', 'phone'] as const) {
    for (const scope of SCOPES) {
      await approve(first, { client, scope, isClicked: true }, -1)
      await exchange(first, latest(first.codes))
    }
  }
  at(-60)
  for (const grant of first.grants) await refresh(first, grant)
  first.codes = []
  at(0)
  for (const [client, scope] of [
    ['shop', 'openid offline_access'],
    ['phone', 'openid'],
  ] as const) {
    await approve(first, { client, scope, isClicked: true }, -1)
  }
  const { cookie, authToken, secrets, codes, grants } = first
  const begun = structuredClone({ cookie, authToken, secrets, codes, grants })
  const restore = await keepState(table)
  return async (options: SceneOptions): Promise<OauthScene> => {
    const kept = await restore()
    at(0)
    alarms.length = 0
    return { ...fixed, ...kept, ...structuredClone(begun), ...options }
  }
}
