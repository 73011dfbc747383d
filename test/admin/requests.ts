import { randomBytes } from 'node:crypto'
import type { Role } from '../../lib/application/roles.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { AMR } from '../../lib/users/factors.ts'
import { expectSeen } from '../http/openapi/check.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  context,
  eventOf,
  handlerOf,
  hashOfUser,
  now,
  service,
  stored,
  table,
} from '../support/http/routes.ts'
import { addTestUser, storeSession } from '../support/users/users.ts'

// Requests of the console to the functions, without HTTP.

/** A user who is signed in at the console. */
export interface Console {
  id: string
  cookie: string
}

/** Adds a user with a role, by default with its name. */
export const add = (role: Role, username: string = role) =>
  addTestUser(table, { username, role, passwordHash: hashOfUser }, now)

const origin = { sourceIp: '203.0.113.7', userAgent: 'console' }
const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 86_400 }

/** Signs a user in, who must exist, in the browser of the console, with two factors. */
export async function openConsole(username: string, at = now): Promise<Console> {
  const user = await stored(username)
  const details = { amr: AMR.totp, inCookie: true, origin, lifetimes }
  const { session, refreshToken } = startSession(user, details, at, randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  return { id: user.id, cookie: refreshToken }
}

/** What a request has in addition. A header that is empty is not sent. */
interface Sent {
  /** A JSON value, or the body as it is sent. */
  body?: object | string
  /** The header `If-Match`. */
  match?: string
  headers?: Record<string, string>
  /** Handler of a function that calls another AWS. */
  handler?: Awaited<ReturnType<typeof handlerOf>>
}

/** Sends a request of the console, such as `GET users?name=ada`, to the function that has its method. */
export async function send(
  { id, cookie }: Console,
  route: string,
  { body, match, headers = {}, handler }: Sent = {},
) {
  const [httpMethod = '', path = ''] = route.split(' ')
  const [proxy = '', query = ''] = path.split('?')
  const isAct = path.startsWith('/')
  const all = {
    ...OWN_PAGE,
    ...cookieOf(cookie),
    Operator: id,
    ...(match && { 'If-Match': match }),
    ...headers,
  }
  const changes = {
    ...withHeaders(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))),
    httpMethod,
    ...(isAct ? { resource: path } : {}),
    pathParameters: isAct ? null : { proxy },
    queryStringParameters: query ? Object.fromEntries(new URLSearchParams(query)) : null,
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  }
  const asked = handler ?? (await handlerOf(isAct ? 'act-as' : functionOf(httpMethod)))
  const response = await asked(await eventOf('GET /admin-api/me', changes), context)
  return expectSeen(httpMethod, isAct ? path : `/admin-api/${proxy}`, parsed(response))
}

/** Returns the function that has a method below `/admin-api`. */
function functionOf(method: string): string {
  const isOfMethod = ({ http }: { http?: unknown }) =>
    Object(http).path === 'admin-api/{proxy+}' && Object(http).method === method.toLowerCase()
  const found = Object.entries(service.functions).find(([, { events = [] }]) => events.some(isOfMethod))
  if (found === undefined) throw new Error(`no function has ${method}`)
  return found[0]
}
