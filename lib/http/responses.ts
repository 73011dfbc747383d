import type { APIGatewayProxyResult } from 'aws-lambda'
import { type Challenge, PROBLEMS, type ProblemCode, ServiceError, TITLES } from '../errors.ts'
import { logFailure } from '../log.ts'
import type { Headers } from './headers.ts'

/**
 * Returns a JSON response. Caches do not store it (RFC 9111 section 5.2.2.5), unless `headers` allow it.
 *
 * @param status - HTTP status.
 * @param body - Value to serialise.
 * @param headers - Additional headers, by canonical name. They replace the default ones.
 * @example
 * return json(200, { message: `Hello, ${username}.` })
 */
export function json(status: number, body: object, headers?: Headers): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

/**
 * Returns a public JSON response: any cache may reuse it for five minutes, and pages of any origin may read
 * it.
 */
export const publicJson = (body: object): APIGatewayProxyResult =>
  json(200, body, { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' })

/** Returns the response to a request for a mail: 202, whether or not a mail is sent. */
export const accepted = (mailId: string): APIGatewayProxyResult => json(202, { mailId })

/** Returns a 204 No Content response (RFC 9110 section 15.3.5), with additional headers if there are any. */
export const noContent = (headers?: Headers): APIGatewayProxyResult => ({
  statusCode: 204,
  headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers },
  body: '',
})

/**
 * Returns a 302 Found response (RFC 9110 section 15.4.3).
 *
 * @param location - Relative to the path of the request.
 */
export const found = (location: string): APIGatewayProxyResult => ({
  ...noContent({ Location: location }),
  statusCode: 302,
})

/** Returns the RFC 9457 problem response of a failure. */
export function problem({
  code,
  detail,
  fields,
  retryAfterSeconds,
  error,
  challenge,
}: ServiceError): APIGatewayProxyResult {
  const [status, text] = PROBLEMS[code]
  return json(
    status,
    // JSON has no `errors` if there are no fields.
    {
      type: 'about:blank',
      title: TITLES[status],
      status,
      detail: detail ?? text,
      code,
      errors: fields,
      error,
      ...challenge,
    },
    {
      'Content-Type': 'application/problem+json',
      ...(challenge && { 'WWW-Authenticate': challengeHeader(challenge) }),
      ...(retryAfterSeconds && { 'Retry-After': String(retryAfterSeconds) }),
    },
  )
}

/** Returns the challenge of a bearer token as a header (RFC 6750 section 3). */
const challengeHeader = (challenge: Challenge): string =>
  `Bearer ${Object.entries(challenge)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`

/** The error of a rejected caller, who needs a valid token or a scope (RFC 6750 section 3.1). */
const NEEDS: Partial<Record<ProblemCode, string>> = {
  invalid_token: ', error="invalid_token"',
  forbidden: ', error="insufficient_scope", scope="openid"',
}

/**
 * Logs that a token was rejected, and returns the response with a challenge (RFC 6750 section 3). REST APIs rename the header.
 *
 * @param authorization - Of the request. One without a token gets no error code (section 3.1).
 * @throws The error, if it is not about the token: an outage must not make clients throw valid tokens away.
 */
export function challenged(error: unknown, authorization: string): APIGatewayProxyResult {
  const needs = error instanceof ServiceError ? NEEDS[error.code] : undefined
  if (needs === undefined) throw error
  const response = problem(logFailure(error))
  const challenge = `Bearer realm="userinfo"${/^bearer /i.test(authorization) ? needs : ''}`
  return { ...response, headers: { ...response.headers, 'WWW-Authenticate': challenge } }
}
