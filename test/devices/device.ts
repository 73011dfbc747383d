import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { expect } from 'vitest'
import { OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { call } from '../support/http/routes.ts'

/** A response of a function, with its body parsed. */
export type Response = Awaited<ReturnType<typeof call>>

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A browser with a key, which speaks the wire format of Chromium. */
export interface Device {
  key: KeyObject
  jwk: object
  /** The thumbprint of its key. */
  id: string
}

export function newDevice(): Device {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { crv, kty, x, y }
  return { key: privateKey, jwk, id: hash('sha256', JSON.stringify(jwk), 'base64url') }
}

/** Returns a proof with these members. */
export function proofOf(head: object, payload: object, key: KeyObject): string {
  const signed = `${encoded({ alg: 'ES256', typ: 'dbsc+jwt', ...head })}.${encoded(payload)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

export const registration = ({ jwk, key }: Device, jti: string) => proofOf({ jwk }, { jti }, key)
export const renewal = ({ key }: Device, jti: string) => proofOf({}, { jti }, key)

/** Cookies as a browser sends them. */
export const cookies = (refreshToken: string, bound = '') => ({
  Cookie: `__Host-refresh=${refreshToken}${bound && `; __Host-bound=${bound}`}`,
})

/** Signs in into a cookie. */
export async function signIn(sent: Record<string, string> = {}) {
  const body = JSON.stringify({ username: 'user', password: 'user', session: 'cookie' })
  const response = await call('login', 'login', { body, ...withHeaders({ ...OWN_PAGE, ...sent }) })
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
  call('device', 'POST /sessions/bind', {
    body: null,
    ...withHeaders({
      'Sec-Fetch-Site': 'same-origin',
      'Secure-Session-Response': proof,
      ...cookies(refreshToken),
      ...more,
    }),
  })

export const renew = (refreshToken: string, id: string, proof?: string) =>
  call('device', 'POST /sessions/renew', {
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

export const challengeIn = (headers: Response['headers']): string =>
  /^"([\w-]{22})";id="[\w-]{43}"$/.exec(String(headers?.['Secure-Session-Challenge']))?.[1] ?? ''

/** Signs in, and binds the session to a new device. */
export async function bind() {
  const device = newDevice()
  const { refreshToken, challenge } = await signIn()
  const first = boundIn(await start(refreshToken, registration(device, challenge)))
  return { device, refreshToken, ...first }
}

export const refresh = (cookie: Record<string, string>, more: Record<string, string> = {}) =>
  call('refresh', 'refresh', { body: '{}', ...withHeaders({ ...OWN_PAGE, ...cookie, ...more }) })
