import type { APIGatewayProxyEvent } from 'aws-lambda'
import { vi } from 'vitest'
import { clientPrincipalOf } from '../../../lib/authorization/client-principal.ts'
import type { Scope } from '../../../lib/authorization/scope.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { type Authorization, allows, authorizationCache } from '../../../local/gateway/gateway-rules.ts'
import { scopedRoutes } from '../../../plugins/routes/scopes.ts'
import { addClient, queryOf, SECRET, VERIFIER } from '../../oauth/clients.ts'
import { addNotesApi, NOTES, notesScopes } from '../../oauth/own-api.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn, tokensInCookie } from '../../support/http/cookies.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { ApiResponse } from '../../support/http/functions.ts'
import { type TestService, useService } from '../../support/service.ts'
import { addTotp, bodyOf, enterPassword, totpCode } from '../../support/users/factors.ts'

// A user with two sessions, and what apps got in each: all kinds of tokens that depend on a user.

/** The instant at which each scene begins. */
export const BEGIN_MS = Date.parse('2026-11-26T10:07:00Z')

export const CACHE_SECONDS = 60

/** Whether a grant has `offline_access`. */
export const APPS = { online: 'openid notes:read', offline: 'openid notes:read offline_access' }

export type App = keyof typeof APPS

/** What an app has of a grant. */
export interface AppTokens {
  access_token: string
  refresh_token: string
}

/** What a browser and the apps have of a session. */
export interface Held {
  authToken: string
  cookie: string
  apps: Record<App, AppTokens>
}

/** The session that makes a change, and another one of the same user. */
export type Whose = 'this' | 'other'

export interface Scene extends Record<Whose, Held> {
  service: TestService
  username: string
  email: string
  userId: string
  /** Of the authenticator app, if the user has one. */
  secret: string | undefined
}

const STAGE_ARN = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev'

/** Starts the service, with routes that demand scopes. */
export const startService = () => useService({ settings: { SCOPED_ROUTES: scopedRoutes(NOTES) } })

export const moveOn = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

/** Adds a user who has signed in twice, and given an app access of both kinds in each session. */
export async function begin(service: TestService, hasFactor: boolean): Promise<Scene> {
  vi.setSystemTime(BEGIN_MS)
  const { username, email = '', id } = await service.addUser({ attributes: { plan: 'free', colour: 'red' } })
  const secret = hasFactor ? await giveTotp(service, username) : undefined
  const user = { username, userId: id, secret }
  const other = await signIn(service, user)
  return { service, email, ...user, this: await signIn(service, user), other }
}

async function giveTotp({ functions }: TestService, username: string): Promise<string> {
  const { authToken } = bodyOf(await enterPassword(functions, username))
  return (await addTotp(functions, authToken ?? '')).secret
}

type Signing = Pick<Scene, 'username' | 'userId' | 'secret'>

async function signIn(service: TestService, user: Signing): Promise<Held> {
  const { functions } = service
  // A code of an app is accepted once.
  if (user.secret !== undefined) moveOn(30)
  const page = { headers: OWN_PAGE, body: { session: 'cookie' } }
  let response = await enterPassword(functions, user.username, page)
  if (user.secret !== undefined) {
    const body = { loginToken: bodyOf(response).loginToken, code: totpCode(user.secret) }
    response = await functions.ask('POST /login/totp', { ...page, body })
  }
  const { authToken, refreshToken: cookie } = tokensInCookie(response)
  const browser = { authToken, cookie }
  const [online, offline] = [
    await allow(service, user, browser, 'online'),
    await allow(service, user, browser, 'offline'),
  ]
  return { ...browser, apps: { online, offline } }
}

/** Gives the app access, as the page and the app do. */
async function allow(
  { functions }: TestService,
  { userId }: Signing,
  { cookie, authToken }: Omit<Held, 'apps'>,
  app: App,
) {
  const scope = APPS[app]
  const query = queryOf({ client_id: 'shop', scope })
  const headers = { ...OWN_PAGE, ...cookieOf(cookie), Authorization: `Bearer ${authToken}` }
  const body = { query, click: { sub: userId, scope } }
  const { location = '' } = bodyOf(await functions.ask('POST /oauth2/approve', { headers, body }))
  const code = new URL(location).searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  return bodyOf<AppTokens>(await askForTokens({ functions }, form))
}

const askForTokens = ({ functions }: Pick<TestService, 'functions'>, form: Record<string, string>) =>
  functions.ask('POST /oauth2/token', {
    body: new URLSearchParams({ client_id: 'shop', client_secret: SECRET, ...form }),
  })

/** Adds the app and the API that it has scopes of. */
export async function addApp({ table }: TestService): Promise<void> {
  await addNotesApi(table)
  await addClient(table, { scopes: ['openid', 'offline_access', ...notesScopes('notes:read')] })
}

/** Refreshes a session as a page does. @returns Whether it got a token. */
export async function refreshSession({ service }: Scene, held: Held): Promise<boolean> {
  const headers = { ...OWN_PAGE, ...cookieOf(held.cookie) }
  const response = await service.functions.ask('POST /refresh', { headers, body: {} })
  if (response.status !== 200) return refusedBy(response, 401)
  Object.assign(held, { authToken: bodyOf(response).authToken, cookie: refreshTokenIn(response.headers) })
  return true
}

/** Refreshes a grant. @returns Whether the app got a token. */
export async function refreshGrant({ service }: Scene, tokens: AppTokens): Promise<boolean> {
  const { refresh_token } = tokens
  const response = await askForTokens(service, { grant_type: 'refresh_token', refresh_token })
  // A client that has ended is not authenticated.
  if (response.status !== 200) return refusedBy(response, 400, 401)
  Object.assign(tokens, bodyOf(response))
  return true
}

/** Asks `/userinfo`. @returns Whether it accepts the token. */
export async function asksUserInfo({ service }: Scene, token: string): Promise<boolean> {
  const headers = { Authorization: `Bearer ${token}` }
  const response = await service.functions.ask('GET /userinfo', { headers })
  return response.status === 200 || refusedBy(response, 401)
}

/** An outage is no end of a token. */
function refusedBy({ status, text }: ApiResponse, ...expected: number[]): false {
  if (expected.includes(status)) return false
  throw new Error(`${status} ${text}`)
}

/** Returns a gateway, which caches what the authorizer returned, in front of a route of users and a route of clients. */
export function gatewayOf({ service: { functions } }: Scene) {
  const cache = authorizationCache(CACHE_SECONDS)
  async function authorize(token: string, route: string): Promise<Authorization | undefined> {
    let found = cache.find(token, new Date())
    if (found === undefined) {
      try {
        found = await functions.authorize(token)
      } catch (error) {
        if ((error as Error).message !== 'Unauthorized') throw error
        return undefined
      }
      cache.store(token, found, new Date())
    }
    if (!allows(found.statements, `${STAGE_ARN}/${route}`))
      throw new Error(`the policy does not allow ${route}`)
    return found
  }
  return {
    async ofUser(token: string): Promise<boolean> {
      const found = await authorize(token, 'GET/')
      if (found === undefined) return false
      const response = await functions.ask('GET /', { authorization: found.context })
      return response.status === 200 || refusedBy(response, 401)
    },
    async ofClient(token: string): Promise<boolean> {
      const found = await authorize(token, 'GET/notes')
      return found !== undefined && isTakenByNotes(found.context)
    },
  }
}

/** What the handler of a route with a scope does first. */
function isTakenByNotes(context: Record<string, string>): boolean {
  const event = { requestContext: { authorizer: context } } as unknown as APIGatewayProxyEvent
  try {
    return clientPrincipalOf(event, new Date(), 'notes:read' as Scope).clientId === 'shop'
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid_token') return false
    throw error
  }
}

/** Returns the second at which an access token expires. */
export const expiryOf = (token: string): number => Number(claimsOf(token).exp)
