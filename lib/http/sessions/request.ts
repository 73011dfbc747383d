import type { APIGatewayProxyEvent } from 'aws-lambda'
import type * as z from 'zod/mini'
import type { Config } from '../../config.ts'
import { type FieldError, ServiceError } from '../../errors.ts'
import { type CookieRequest, cookieRefusal, requireOwnPage } from '../../sessions/page.ts'
import { isJson, readBody } from '../body.ts'
import { headerOf } from '../headers.ts'
import { cookiesOf, onlyOf } from './cookie.ts'

/** Rules that decide whether a request may use the session cookie. */
interface CookieRules {
  config: Config<'COOKIE_SESSIONS'>
  /** Origins whose pages may call the service. With `*`, no page of another origin may use the cookie. */
  allowedOrigins: readonly string[]
}

/** The refresh token of a request, not yet verified; empty if it has none. */
interface Presented {
  refreshToken: string
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: boolean
}

/**
 * Reads the body of a sign-in. `refreshToken` is that of the session that the sign-in replaces. With
 * `"session":"cookie"` it comes from the cookie, which the response sets. Otherwise it is the member
 * `replaces`.
 *
 * @throws {@link ServiceError} as `readBody` in `lib/http/body.ts`; `forbidden` as `requireOwnPage` in `lib/sessions/page.ts`.
 */
export function readSignIn<T extends { session?: string | undefined; replaces?: string | undefined }>(
  event: APIGatewayProxyEvent,
  schema: z.ZodMiniType<T>,
  rules: CookieRules,
): T & Presented {
  const body = readJson(event, schema, rules)
  if (body.session === undefined) return { ...body, refreshToken: body.replaces ?? '', inCookie: false }
  return { ...body, ...readCookie(event, rules, NO_COOKIES) }
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
  return { ...body, ...readCookie(event, rules, NO_TOKEN) }
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
    throw cookieRefusal('no_json')
  }
  return readBody(event, schema)
}

const NO_COOKIES = {
  pointer: '#/session',
  detail: 'This service has no cookie sessions.',
  rule: 'not_supported',
}
const NO_TOKEN = { pointer: '#/refreshToken', detail: 'Must be a string.', rule: 'required' }

/** Returns the refresh token in the cookie. It is empty if there is no cookie, or more than one. */
function readCookie(event: APIGatewayProxyEvent, rules: CookieRules, field: FieldError): Presented {
  if (!rules.config.COOKIE_SESSIONS) {
    throw new ServiceError('invalid_fields', 'cookie sessions are off', { fields: [field] })
  }
  const page = pageOf(event, rules)
  requireOwnPage(page)
  return { refreshToken: page.refreshToken, inCookie: true }
}

/** Returns the facts about the page of a request. */
export const pageOf = (
  event: APIGatewayProxyEvent,
  { allowedOrigins }: Pick<CookieRules, 'allowedOrigins'>,
): CookieRequest => ({
  site: headerOf(event.headers, 'sec-fetch-site'),
  origin: headerOf(event.headers, 'origin'),
  allowedOrigins,
  refreshToken: onlyOf(cookiesOf(event)),
})
