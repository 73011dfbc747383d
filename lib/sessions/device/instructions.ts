import { BOUND_COOKIE } from './bound.ts'
import { basePathOf } from './registration.ts'
import { thumbprintOf } from './thumbprint.ts'

/** Attributes of the cookie. Browsers compare them with those of the instructions. */
export const BOUND_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/**
 * Beginnings of the paths of all routes that need the device of a session. Requests of other paths never wait for it. A test compares
 * them with the routes.
 */
export const DEVICE_PATHS = [
  '/refresh',
  '/login',
  '/enrolment',
  '/register/confirm',
  '/register/provider',
  '/oauth2/approve',
  '/admin-api',
  '/act-as',
]

/**
 * Returns the instructions of a browser for a bound session (Device Bound Session Credentials, section 9.6). Of the rules of its scope, the
 * last that matches counts.
 *
 * `allowed_refresh_initiators` names the hosts of pages that may use the session. Without it, their requests go out without the cookie.
 */
export const instructionsOf = (device: string, issuer: string, allowedOrigins: readonly string[]) => ({
  session_identifier: thumbprintOf(device),
  refresh_url: `${basePathOf(issuer)}/sessions/renew`,
  scope: {
    include_site: false,
    scope_specification: [
      { type: 'exclude', domain: '*', path: '/' },
      ...DEVICE_PATHS.map((path) => ({ type: 'include', domain: '*', path: basePathOf(issuer) + path })),
    ],
  },
  credentials: [{ type: 'cookie', name: BOUND_COOKIE, attributes: BOUND_ATTRIBUTES }],
  allowed_refresh_initiators: allowedOrigins
    .filter((origin) => origin !== '*')
    .map((origin) => new URL(origin).hostname),
})
