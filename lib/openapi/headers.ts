/** The headers that answers are described with. */
export const HEADERS = {
  NoStore: {
    description: 'Nobody may keep the answer.',
    required: true,
    schema: { type: 'string', const: 'no-store' },
  },
  MaxAge: {
    description: 'How many seconds anybody may keep the answer.',
    required: true,
    schema: { type: 'string', pattern: '^public, max-age=[0-9]+$' },
    example: 'public, max-age=300',
  },
  NoSniff: {
    description: 'The content type is what it says.',
    required: true,
    schema: { type: 'string', const: 'nosniff' },
  },
  RetryAfter: {
    description: 'Seconds to wait before the next attempt.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
    example: '5',
  },
  Challenge: {
    description: 'From the gateway, not from functions: that a good bearer token is needed (RFC 6750).',
    schema: { type: 'string', pattern: '^Bearer realm="[^"]+"$' },
    example: 'Bearer realm="serverless-jwt-auth-dev"',
  },
  ScopeChallenge: {
    description: 'From the gateway, not from functions: that the bearer token allows less (RFC 6750).',
    schema: { type: 'string', pattern: '^Bearer realm="[^"]+", error="insufficient_scope"$' },
    example: 'Bearer realm="serverless-jwt-auth-dev", error="insufficient_scope"',
  },
  AllowOrigin: {
    description: 'Where origins are allowed: whose pages may read the answer.',
    schema: { type: 'string', pattern: '^([*]|https?://[^/]+)$' },
    example: '*',
  },
  ExposeHeaders: {
    description: 'Where origins are allowed: the headers that their pages may read besides.',
    schema: { type: 'string', pattern: '^Retry-After(,WWW-Authenticate)?$' },
    example: 'Retry-After',
  },
}

/** The headers of pages and their files, besides. */
export const PAGE_HEADERS = {
  NoCache: {
    description: 'Whoever keeps the answer asks again before each use.',
    required: true,
    schema: { type: 'string', const: 'no-cache' },
  },
  Immutable: {
    description: 'Anybody may keep the answer for good (RFC 8246).',
    required: true,
    schema: { type: 'string', const: 'public, max-age=31536000, immutable' },
  },
  ContentSecurityPolicy: {
    description: 'What a browser lets the page do: nothing of or to another origin.',
    required: true,
    schema: { type: 'string', pattern: "^default-src 'none'; " },
  },
  NoReferrer: {
    description: 'Other sites are not told where somebody comes from.',
    required: true,
    schema: { type: 'string', const: 'no-referrer' },
  },
}

export type HeaderName = keyof typeof PAGE_HEADERS | keyof typeof HEADERS

/** Headers of every answer; those for other origins only where origins are allowed. */
export const SHARED_HEADERS: Record<string, HeaderName> = {
  'X-Content-Type-Options': 'NoSniff',
  'Access-Control-Allow-Origin': 'AllowOrigin',
  'Access-Control-Expose-Headers': 'ExposeHeaders',
}

/** References to headers of {@link HEADERS} and {@link PAGE_HEADERS}, by the names that they have in an answer. */
export const headerRefs = (headers: Record<string, HeaderName>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name, { $ref: `#/components/headers/${header}` }]),
  )
