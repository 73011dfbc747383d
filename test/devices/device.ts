import { expect } from 'vitest'
import { expectSeen } from '../http/openapi/check.ts'
import { OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { call } from '../support/http/routes.ts'
import { newDevice, registration } from './key.ts'

/** A response of a function, with its body parsed. */
export type Response = Awaited<ReturnType<typeof call>>

/** Calls a function, and compares its response with the API description. */
export async function ask(...[functionKey, sample, changes]: Parameters<typeof call>): Promise<Response> {
  const { httpMethod, path } = sampleEvent(sample)
  return expectSeen(httpMethod, path, await call(functionKey, sample, changes))
}

/** Cookies as a browser sends them. */
export const cookies = (refreshToken: string, bound = '') => ({
  Cookie: `__Host-refresh=${refreshToken}${bound && `; __Host-bound=${bound}`}`,
})

/** Signs in into a cookie. */
export async function signIn(sent: Record<string, string> = {}) {
  const body = JSON.stringify({ username: 'user', password: 'user', session: 'cookie' })
  const response = await ask('login', 'login', { body, ...withHeaders({ ...OWN_PAGE, ...sent }) })
  expect(response.statusCode).toBe(200)
  return { refreshToken: refreshTokenIn(response.headers), challenge: registrationIn(response) }
}

/** Returns the challenge with which a response asks to bind a session; empty without one. */
export function registrationIn({ headers }: Response): string {
  const header = String(headers?.['Secure-Session-Registration'] ?? '')
  const [, challenge = ''] =
    /^\(ES256 RS256\);path="\/sessions\/bind";challenge="([\w-]{22})"$/.exec(header) ?? []
  expect(challenge === '').toBe(header === '')
  return challenge
}

export const start = (refreshToken: string, proof: string, more: Record<string, string> = {}) =>
  ask('device', 'POST /sessions/bind', {
    body: null,
    ...withHeaders({
      'Sec-Fetch-Site': 'same-origin',
      'Secure-Session-Response': proof,
      ...cookies(refreshToken),
      ...more,
    }),
  })

export const renew = (refreshToken: string, id: string, proof?: string) =>
  ask('device', 'POST /sessions/renew', {
    body: null,
    ...withHeaders({
      'Sec-Secure-Session-Id': id,
      ...(proof !== undefined && { 'Secure-Session-Response': proof }),
      ...(refreshToken !== '' && cookies(refreshToken)),
    }),
  })

/** Returns the challenge and the cookie of a response to a valid proof. */
export function boundIn({ statusCode, headers }: Response): { bound: string; challenge: string } {
  expect(statusCode).toBe(200)
  const [, bound = ''] = /^__Host-bound=([^;]+); Max-Age=600;/.exec(String(headers?.['Set-Cookie'])) ?? []
  return { bound, challenge: challengeIn(headers) }
}

export const challengeIn = (headers: Readonly<Record<string, unknown>> | undefined): string =>
  /^"([\w-]{22})";id="[\w-]{43}"$/.exec(String(headers?.['Secure-Session-Challenge']))?.[1] ?? ''

/** Signs in, and binds the session to a new device. */
export async function bind() {
  const device = newDevice()
  const { refreshToken, challenge } = await signIn()
  const first = boundIn(await start(refreshToken, registration(device, challenge)))
  return { device, refreshToken, ...first }
}

export const refresh = (cookie: Record<string, string>, more: Record<string, string> = {}) =>
  ask('refresh', 'refresh', { body: '{}', ...withHeaders({ ...OWN_PAGE, ...cookie, ...more }) })
