import type { APIGatewayProxyEvent } from 'aws-lambda'
import { expect } from 'vitest'
import type { Tokens } from '../users/sessions.ts'
import type { ApiResponse } from './functions.ts'

/** The headers by which a browser shows that a page of the service's own origin sends a request. */
export const OWN_PAGE = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }

/** Returns the `Cookie` header of a browser that keeps a refresh token. */
export const cookieOf = (refreshToken: string) => ({ Cookie: `__Host-refresh=${refreshToken}` })

/** Returns an event with these request headers only, as API Gateway sends them: over HTTPS, each with its last value and with all. */
export function withHeaders(
  sent: Record<string, string | string[]>,
): Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'> {
  const headers = Object.entries({ 'X-Forwarded-Proto': 'https', ...sent })
  return {
    headers: Object.fromEntries(headers.map(([name, value]) => [name, [value].flat().at(-1)])),
    multiValueHeaders: Object.fromEntries(headers.map(([name, value]) => [name, [value].flat()])),
  }
}

const SET_COOKIE =
  /^__Host-refresh=([\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}); Max-Age=(\d+); Path=\/; Secure; HttpOnly; SameSite=Strict$/

/** Returns the refresh token that a response keeps in the browser. Fails if the response sets no cookie as promised. */
export function refreshTokenIn(headers: Record<string, unknown> | undefined): string {
  expect(headers?.['Set-Cookie']).toMatch(SET_COOKIE)
  return SET_COOKIE.exec(String(headers?.['Set-Cookie']))?.[1] ?? ''
}

/** A header that keeps a refresh token in the browser for so many seconds. */
export const setsCookie = (ttlSeconds: number) => ({
  'Set-Cookie': expect.stringMatching(
    new RegExp(SET_COOKIE.source.replace(String.raw`(\d+)`, String(ttlSeconds))),
  ),
})

export const DELETES_COOKIE = {
  'Set-Cookie': '__Host-refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict',
}

/** Reads the response to a sign-in or a refresh in cookie mode, which must have succeeded. */
export function tokensInCookie({ status, headers, text }: ApiResponse): Tokens {
  expect(status, text).toBe(200)
  expect(text).not.toContain('refreshToken')
  return { ...JSON.parse(text), refreshToken: refreshTokenIn(headers) }
}
