import { queryOf } from '../../oauth/clients.ts'
import { kept } from '../../security/interleave/requests.ts'
import { OWN_PAGE, tokensInCookie } from '../../support/http/cookies.ts'
import type { ApiResponse } from '../../support/http/functions.ts'
import { NEW_PASSWORD, PASSWORD, partsOf } from '../../support/users/sessions.ts'
import { cookies } from '../device.ts'
import { type Device, registration, renewal } from '../key.ts'
import type { Browser, DeviceScene, Who } from './scene.ts'

// Requests of a browser. Each uses what the browser knows when it begins, and adds what the response says.

/** Signs in, over the session of a browser if it has one. A thief's request has no cookie of the device. */
export async function signIn(scene: DeviceScene, who: Who, isCopy = false): Promise<ApiResponse> {
  const browser = scene[who]
  const { refreshToken, bound } = browser
  const response = await scene.functions.ask('login', {
    body: { username: scene.ada.username, password: PASSWORD, session: 'cookie' },
    headers: { ...OWN_PAGE, ...(refreshToken && cookies(refreshToken, isCopy ? '' : bound)) },
  })
  if (response.status === 200 && !isCopy) {
    addTokens(scene, who, response)
    browser.registration = challengeOf(response, 'Registration')
  }
  return response
}

function addTokens(scene: DeviceScene, who: Who, response: ApiResponse): void {
  const { authToken, refreshToken } = tokensInCookie(response)
  Object.assign(scene[who], { authToken, refreshToken })
  scene[who].refreshTokens.push(refreshToken)
}

/** Returns the challenge in a header of a response; empty without one. */
const challengeOf = ({ headers }: ApiResponse, name: 'Registration' | 'Challenge'): string =>
  /"([\w-]{22})"/.exec(String(headers[`Secure-Session-${name}`]))?.[1] ?? ''

/** Binds the session of a browser to a key, by the challenge of its sign-in. */
export async function startWith(scene: DeviceScene, who: Who, key: Device): Promise<ApiResponse> {
  const { refreshToken, registration: challenge } = scene[who]
  const proof = registration(key, challenge)
  const response = await scene.functions.ask('POST /sessions/bind', {
    headers: { ...OWN_PAGE, ...cookies(refreshToken), 'Secure-Session-Response': proof },
  })
  addBound(scene, who, { key, refreshToken }, response)
  return response
}

/** Returns the cookie of a device in a response; empty without one. */
export const boundOf = ({ headers }: ApiResponse): string =>
  /^__Host-bound=([^;]+);/.exec(String(headers['Set-Cookie']))?.[1] ?? ''

function addBound(
  scene: DeviceScene,
  who: Who,
  { key, refreshToken }: { key: Device; refreshToken: string },
  response: ApiResponse,
): void {
  const bound = boundOf(response)
  if (bound === '') return
  const { sessionId, authTime } = partsOf(refreshToken)
  scene.given.push({ bound, key, sessionId, authTime })
  if (key === scene[who].device)
    Object.assign(scene[who], { bound, challenge: challengeOf(response, 'Challenge') })
}

/** Sends one request of a renewal. */
async function renewBy(
  scene: DeviceScene,
  who: Who,
  challenge: string,
  refreshToken: string,
): Promise<ApiResponse> {
  const { device } = scene[who]
  const response = await scene.functions.ask('POST /sessions/renew', {
    headers: {
      ...cookies(refreshToken),
      'Sec-Secure-Session-Id': `"${device.id}"`,
      'Secure-Session-Response': renewal(device, challenge),
    },
  })
  addBound(scene, who, { key: device, refreshToken }, response)
  return response
}

/** Renews the cookie of the device as a browser does: a 403 has the challenge for a second request. */
export async function renew(
  scene: DeviceScene,
  who: Who,
  { refreshToken, challenge }: Pick<Browser, 'refreshToken' | 'challenge'> = scene[who],
): Promise<ApiResponse> {
  const first = await renewBy(scene, who, challenge || 'A'.repeat(22), refreshToken)
  return first.status === 403 ? renewBy(scene, who, challengeOf(first, 'Challenge'), refreshToken) : first
}

/** Sends a proof again that was captured before. */
export const renewAgain = (scene: DeviceScene, who: Who): Promise<ApiResponse> =>
  renewBy(scene, who, scene[who].captured, scene[who].refreshToken)

/** Refreshes. A thief has the refresh token and no cookie of the device. */
export async function refresh(scene: DeviceScene, who: Who, isCopy = false): Promise<ApiResponse> {
  const { refreshToken, bound } = scene[who]
  const response = await refreshWith(scene, refreshToken, isCopy ? '' : bound)
  if (response.status === 200 && !isCopy) addTokens(scene, who, response)
  return response
}

export const refreshWith = ({ functions }: DeviceScene, refreshToken: string, bound: string) =>
  functions.ask('refresh', { body: {}, headers: { ...OWN_PAGE, ...cookies(refreshToken, bound) } })

/** Allows an app to sign the user in. */
export function approve(scene: DeviceScene, who: Who, isCopy = false): Promise<ApiResponse> {
  const { refreshToken, bound, authToken } = scene[who]
  const body = {
    query: queryOf({ client_id: 'shop', scope: 'openid' }),
    click: { sub: scene.ada.id, scope: 'openid' },
  }
  const cookie = cookies(refreshToken, isCopy ? '' : bound)
  const headers = { ...OWN_PAGE, ...cookie, Authorization: `Bearer ${authToken}` }
  return scene.functions.ask('approve', { body, headers })
}

/** Signs out. The browser keeps its cookies: a thief may have copied them. */
export const signOut = (scene: DeviceScene, who: Who): Promise<ApiResponse> =>
  scene.functions.ask('logout', {
    body: {},
    headers: { ...OWN_PAGE, ...cookies(scene[who].refreshToken, scene[who].bound) },
  })

export const changePassword = (scene: DeviceScene, who: Who): Promise<ApiResponse> =>
  scene.functions.ask('password', {
    body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    authorization: kept(scene[who]),
  })
