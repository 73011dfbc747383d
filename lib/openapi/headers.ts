import type { DEVICE_HEADERS } from './devices/headers.ts'

/** With routes for clients, a challenge names their metadata (RFC 9728 section 5.1). */
const METADATA = '(, resource_metadata="[^"]+")?'

/** Response headers, as components of the API description. */
export const HEADERS = {
  NoStore: {
    description: 'Caches must not store the response.',
    required: true,
    schema: { type: 'string', const: 'no-store' },
  },
  MaxAge: {
    description: 'How many seconds any cache may reuse the response.',
    required: true,
    schema: { type: 'string', pattern: '^public, max-age=[0-9]+$' },
    example: 'public, max-age=300',
  },
  NoSniff: {
    description: 'Browsers must not guess another content type.',
    required: true,
    schema: { type: 'string', const: 'nosniff' },
  },
  StrictTransport: {
    description: 'How many seconds browsers use HTTPS only for this host. Sent over HTTPS.',
    schema: { type: 'string', const: 'max-age=31536000' },
  },
  RetryAfter: {
    description: 'Seconds to wait before the next attempt.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
    example: '5',
  },
  RetryAfterFailure: {
    description: 'Seconds to wait before the next attempt. Sent by the gateway, not by functions.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
    example: '5',
  },
  Challenge: {
    description: 'The route requires a valid bearer token (RFC 6750). Sent by the gateway, not by functions.',
    schema: { type: 'string', pattern: `^Bearer realm="[^"]+"${METADATA}$` },
    example: 'Bearer realm="serverless-jwt-auth-dev-auth"',
  },
  ScopeChallenge: {
    description:
      'The bearer token has insufficient permissions (RFC 6750). Sent by the gateway, not by functions.',
    schema: { type: 'string', pattern: `^Bearer realm="[^"]+", error="insufficient_scope"${METADATA}$` },
    example: 'Bearer realm="serverless-jwt-auth-dev-auth", error="insufficient_scope"',
  },
  TokenChallenge: {
    description:
      'The caller needs a valid bearer token, or the scope `openid` (RFC 6750). A request without a token gets no `error`. REST APIs rename the header WWW-Authenticate of a function.',
    required: true,
    schema: {
      type: 'string',
      pattern:
        '^Bearer realm="userinfo"(, error="invalid_token"|, error="insufficient_scope", scope="openid")?$',
    },
    example: 'Bearer realm="userinfo", error="invalid_token"',
  },
  StepUpChallenge: {
    description:
      'The user must sign in again, with these factors (RFC 9470). REST APIs rename the header WWW-Authenticate of a function. The members of the body are the same.',
    schema: {
      type: 'string',
      pattern: '^Bearer error="insufficient_user_authentication", acr_values="aal[12]", max_age="[0-9]+"$',
    },
    example: 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
  },
  AllowOrigin: {
    description: 'The origin whose pages may read the response. Sent where CORS is configured.',
    schema: { type: 'string', pattern: '^([*]|https?://[^/]+)$' },
    example: '*',
  },
  AllowCredentials: {
    description:
      'Pages of that origin may also read a response to a request with cookies. Sent where cookie sessions are on and origins are listed.',
    schema: { type: 'string', const: 'true' },
  },
  SessionCookie: {
    description:
      'The refresh token, for a request that keeps it in the cookie. After a logout it is empty, and the browser deletes it.',
    schema: {
      type: 'string',
      pattern: '^__Host-refresh=[A-Za-z0-9_.-]*; Max-Age=[0-9]+; Path=/; Secure; HttpOnly; SameSite=Strict$',
    },
    example: '__Host-refresh=user.session.secret; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict',
  },
  TryCookie: {
    description: 'The key of the browser, for its sign-ins with identity providers.',
    required: true,
    schema: {
      type: 'string',
      pattern: '^__Host-try=[A-Za-z0-9_-]{43}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict$',
    },
    example: '__Host-try=key; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict',
  },
  KeyCookie: {
    description: 'The key of the browser, which the mail is bound to. Sent with `session`.',
    schema: {
      type: 'string',
      pattern: '^__Host-try=[A-Za-z0-9_-]{43}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict$',
    },
    example: '__Host-try=key; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict',
  },
  ExposeHeaders: {
    description: 'The headers that pages of another origin may read. Sent where CORS is configured.',
    schema: { type: 'string', pattern: '^Retry-After(,WWW-Authenticate)?$' },
    example: 'Retry-After',
  },
}

/** Response headers of pages and their files. */
export const PAGE_HEADERS = {
  NoCache: {
    description: 'Caches must revalidate the response before each use.',
    required: true,
    schema: { type: 'string', const: 'no-cache' },
  },
  Immutable: {
    description: 'Any cache may reuse the response for a year without revalidation (RFC 8246).',
    required: true,
    schema: { type: 'string', const: 'public, max-age=31536000, immutable' },
  },
  ImmutableFile: {
    description:
      'Any cache may reuse a file for a year. Caches must not store the page that a provider leads to.',
    required: true,
    schema: { type: 'string', pattern: '^(public, max-age=31536000, immutable|no-store)$' },
  },
  ContentSecurityPolicy: {
    description: 'Restricts the page to its own origin.',
    required: true,
    schema: { type: 'string', pattern: "^default-src 'none'; " },
  },
  OpenerPolicy: {
    description:
      'Pages of other origins that open the page, or that it opens, get no reference to its window.',
    required: true,
    schema: { type: 'string', const: 'same-origin' },
  },
  Location: {
    description: 'The page, relative to this path.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
    example: '../account#change-password',
  },
  NoReferrer: {
    description: 'Browsers must not send a Referer header from the page.',
    required: true,
    schema: { type: 'string', const: 'no-referrer' },
  },
}

/** Response headers of the routes of OAuth. */
export const OAUTH_HEADERS = {
  ClientChallenge: {
    description:
      'The client must authenticate (RFC 6749 section 5.2). REST APIs rename the header WWW-Authenticate of a function.',
    schema: { type: 'string', const: 'Basic realm="token"' },
  },
}

/**
 * Name of a response header. `UserVersion` is in `admin/schemas.ts`, which only the description of the console’s API contains. Those of devices
 * are in `devices/headers.ts`.
 */
export type HeaderName =
  | 'UserVersion'
  | keyof typeof DEVICE_HEADERS
  | keyof typeof PAGE_HEADERS
  | keyof typeof OAUTH_HEADERS
  | keyof typeof HEADERS

/** Headers of every response. Those for CORS are sent only where origins are allowed, and that for HTTPS only over HTTPS. */
export const SHARED_HEADERS: Record<string, HeaderName> = {
  'X-Content-Type-Options': 'NoSniff',
  'Strict-Transport-Security': 'StrictTransport',
  'Access-Control-Allow-Origin': 'AllowOrigin',
  'Access-Control-Allow-Credentials': 'AllowCredentials',
  'Access-Control-Expose-Headers': 'ExposeHeaders',
}

/** Returns references to header components, by the header's name in the response. */
export const headerRefs = (headers: Record<string, HeaderName>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name, { $ref: `#/components/headers/${header}` }]),
  )
