import type { APIGatewayProxyEvent } from 'aws-lambda'
import type * as z from 'zod/mini'
import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { isJson, readBody } from '../http/body.ts'
import { headerOf } from '../http/headers.ts'
import { cookieOf, cookiesOf } from './cookie.ts'

/** Details of the 403 responses to requests that may not use the session cookie. */
export const COOKIE_REFUSALS = {
  no_json: 'A request with the session cookie must have the Content-Type application/json.',
  foreign_site: 'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
  foreign_origin: 'The session cookie needs an Origin that the service allows by name.',
}

/** What decides whether a request may use the session cookie. */
interface CookieRules {
  config: Config<'COOKIE_SESSIONS'>
  /** Origins whose pages may call the service; `*` allows none of them the cookie. */
  allowedOrigins: readonly string[]
}

/** The refresh token of a request, not yet verified; empty if it has none. */
interface Presented {
  refreshToken: string
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: boolean
}

/**
 * Reads the body of a sign-in. `refreshToken` is that of the session which the sign-in replaces: with `"session":"cookie"` the
 * one in the cookie that the response sets, otherwise the member `replaces`.
 *
 * @throws {@link ServiceError} as `readBody` in `lib/http/body.ts`; `forbidden` as {@link requireOwnPage}.
 */
export function readSignIn<T extends { session?: string | undefined; replaces?: string | undefined }>(
  event: APIGatewayProxyEvent,
  schema: z.ZodMiniType<T>,
  rules: CookieRules,
): T & Presented {
  const body = readJson(event, schema, rules)
  if (body.session === undefined) return { ...body, refreshToken: body.replaces ?? '', inCookie: false }
  return { ...body, ...readCookie(event, rules, '#/session', 'This service has no cookie sessions.') }
}

/**
 * Reads the body of a request on a session. Without a refresh token in it, the one in the cookie is used.
 *
 * @throws {@link ServiceError} as {@link readSignIn}.
 */
export function readPresented<T extends { refreshToken?: string | undefined }>(
  event: APIGatewayProxyEvent,
  schema: z.ZodMiniType<T>,
  rules: CookieRules,
): T & Presented {
  const body = readJson(event, schema, rules)
  const { refreshToken } = body
  if (refreshToken !== undefined) return { ...body, refreshToken, inCookie: false }
  return { ...body, ...readCookie(event, rules, '#/refreshToken', 'Must be a string.') }
}

/**
 * Reads the body of a request whose response may set the cookie. A page of another site can send a form with the cookie, but
 * JSON only after a preflight.
 *
 * @throws {@link ServiceError} as `readBody` in `lib/http/body.ts`; `forbidden`, if the request has the cookie and no JSON.
 */
export function readJson<T>(
  event: APIGatewayProxyEvent,
  schema: z.ZodMiniType<T>,
  { config }: Pick<CookieRules, 'config'>,
): T {
  if (config.COOKIE_SESSIONS && !isJson(event) && cookiesOf(event).length > 0) {
    throw refused('no_json')
  }
  return readBody(event, schema)
}

/** Returns the refresh token in the cookie; an empty one if there is no cookie, or more than one. */
function readCookie(
  event: APIGatewayProxyEvent,
  { config, allowedOrigins }: CookieRules,
  pointer: string,
  detail: string,
): Presented {
  if (!config.COOKIE_SESSIONS) {
    throw new ServiceError('invalid_fields', 'cookie sessions are off', { fields: [{ pointer, detail }] })
  }
  requireOwnPage(event, allowedOrigins)
  return { refreshToken: cookieOf(event), inCookie: true }
}

/**
 * Requires that a page of the service's own origin sends a request, or one of an allowed origin on the same site. Browsers
 * write both headers themselves, and no page can change them (W3C Fetch Metadata, section 2.4; Fetch standard, section 3.2).
 *
 * @throws {@link ServiceError} `forbidden`. Its detail names the header.
 */
export function requireOwnPage({ headers }: APIGatewayProxyEvent, allowedOrigins: readonly string[]): void {
  const site = headerOf(headers, 'sec-fetch-site')
  if (site === 'same-origin') return
  if (site !== 'same-site') {
    throw refused('foreign_site')
  }
  const origin = headerOf(headers, 'origin')
  if (origin === '*' || !allowedOrigins.includes(origin)) {
    throw refused('foreign_origin')
  }
}

const refused = (refusal: keyof typeof COOKIE_REFUSALS) =>
  new ServiceError('forbidden', `session cookie: ${refusal}`, { detail: COOKIE_REFUSALS[refusal] })
