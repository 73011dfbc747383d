import { ADMIN } from '../../lib/openapi/routes/admin.ts'
import type { Asking, Functions } from '../support/http/functions.ts'
import type { Named } from './console.ts'

/** A request that is complete, and what a caller with the permission gets for it. */
export interface AdminRequest {
  status: number
  body?: object | ((named: Named) => object)
  query?: Record<string, string>
}

/** A request to each route of the console's API, by method and path. */
export const REQUESTS: Record<string, AdminRequest> = {
  'GET /admin-api/me': { status: 200 },
  'GET /admin-api/users': { status: 200, query: { name: 'ada' } },
  'GET /admin-api/users/{id}': { status: 200 },
  'GET /admin-api/users/{id}/sessions': { status: 200 },
  'GET /admin-api/users/{id}/grants': { status: 200 },
  'GET /admin-api/users/{id}/events': { status: 200 },
  'PATCH /admin-api/users/{id}': { status: 204, body: { disabled: true } },
  'POST /admin-api/users/{id}/sessions/end': { status: 204 },
  'POST /admin-api/users/{id}/sessions/{sid}/end': { status: 204 },
  'POST /admin-api/users/{id}/grants/{gid}/end': { status: 204 },
  'POST /admin-api/users/{id}/reset': { status: 204 },
  'POST /admin-api/users/{id}/factors/reset': { status: 204 },
  'PUT /admin-api/invitations': { status: 202, body: { email: 'new@example.org', role: 'user' } },
  'PUT /admin-api/users/{id}/role': { status: 204, body: { role: 'admin' } },
  'PUT /admin-api/users/{id}/names': { status: 204, body: { username: 'eve' } },
  'PUT /admin-api/users/{id}/attributes': { status: 204, body: { plan: 'pro' } },
  'DELETE /admin-api/users/{id}': { status: 204 },
  'DELETE /admin-api/users/{id}/factors': { status: 204 },
  'POST /act-as': { status: 201, body: ({ target }) => ({ userId: target.id, reason: 'support' }) },
  // Without a code that an operator has got.
  'POST /act-as/token': { status: 401, body: { code: 'x'.repeat(43) } },
}

/** The name of each route of the console's API in the API description. The page itself is open, and has no data. */
export const ROUTE_NAMES = ADMIN.routes.flatMap(({ method, path }) =>
  path.startsWith('/admin-console') ? [] : [`${method.toUpperCase()} ${path}`],
)

/** The routes that change something. */
export const CHANGING = ROUTE_NAMES.filter((name) => !/^GET|token$/.test(name))

/** Those that change a user, or what belongs to one. An invitation has no user yet. */
export const ABOUT_A_USER = CHANGING.filter((name) => !name.endsWith('/invitations'))

/** Sends the request of a route, as the console does. */
export function send(
  functions: Functions,
  route: string,
  named: Named,
  headers: Record<string, string>,
  more: Asking = {},
) {
  const { body, query } = REQUESTS[route] as AdminRequest
  const match =
    route.includes('{id}') && !route.startsWith('GET') ? { 'If-Match': `"${named.target.changeId}"` } : {}
  return functions.ask(lineOf(route, named), {
    ...(body && { body: typeof body === 'function' ? body(named) : body }),
    ...(query && { query }),
    headers: { ...headers, ...match },
    ...more,
  })
}

/** Returns the request line of a route, with its parameters. */
const lineOf = (route: string, { target, sessionId, clientId }: Named): string =>
  route.replace('{id}', target.id).replace('{sid}', sessionId).replace('{gid}', encodeURIComponent(clientId))
