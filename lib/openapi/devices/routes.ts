import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { DEVICE_HEADERS } from './headers.ts'
import { DEVICE_SCHEMAS } from './schemas.ts'

const instructions = json(
  { $ref: '#/components/schemas/DeviceInstructions' },
  {
    session_identifier: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
    refresh_url: '/sessions/renew',
    scope: {
      include_site: false,
      scope_specification: [
        { type: 'exclude', domain: '*', path: '/' },
        { type: 'include', domain: '*', path: '/refresh' },
      ],
    },
    credentials: [
      { type: 'cookie', name: '__Host-bound', attributes: 'Path=/; Secure; HttpOnly; SameSite=Strict' },
    ],
    allowed_refresh_initiators: ['app.example.com'],
  },
)

/** The routes that browsers use themselves, to bind sessions in cookies to a key of their device. */
export const DEVICE_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/sessions/bind',
    gatewayPath: '/sessions/{id}',
    function: 'device',
    operationId: 'bindSession',
    tag: 'Sessions',
    needs: 'devices',
    summary: 'Bind a session to a device',
    description:
      'For browsers alone, which send it themselves after a sign-in into a cookie (W3C Device Bound Session Credentials). The header `Secure-Session-Response` has a proof: the challenge of the sign-in, signed by a new key of the device. A session is bound once, in the five minutes after its sign-in.',
    response: {
      description: 'The session is bound. The body has the instructions for the browser.',
      headers: { 'Set-Cookie': 'BoundCookie', 'Secure-Session-Challenge': 'DeviceChallenge' },
      content: instructions,
    },
    problems: ['invalid_refresh_token', 'foreign_site', 'foreign_origin'],
  },
  {
    method: 'post',
    path: '/sessions/renew',
    gatewayPath: '/sessions/{id}',
    function: 'device',
    operationId: 'renewDevice',
    tag: 'Sessions',
    needs: 'devices',
    summary: 'Renew the cookie of a device',
    description:
      'For browsers alone, which send it themselves. A response of 403 has the challenge that the device signs next. With `continue: false` the browser forgets the session and its key. Its other responses are 401 and 5xx, because browsers forget the key at any other status.',
    response: {
      description: 'The cookie is renewed. Or: the session is over for this key.',
      headers: { 'Set-Cookie': 'BoundCookie', 'Secure-Session-Challenge': 'DeviceChallenge' },
      content: instructions,
    },
    problems: ['invalid_refresh_token', 'device_challenge'],
  },
]

/** Whether a route takes the cookie and refuses a session whose device the request does not show. */
const needsDevice = ({ path }: Route) => /^\/(refresh|oauth2\/approve|act-as|admin-api\/.*)$/.test(path)

/** Returns a route of a service that binds sessions in cookies to devices. */
function changed(route: Route): Route {
  const { cookie, response, problems = [] } = route
  const registration = { 'Secure-Session-Registration': 'DeviceRegistration' } as const
  return {
    ...route,
    // The gateway says that there is an outage: `plugins/gateway/throttled.ts`.
    omits: ['throttled'],
    ...(cookie === 'sets' && {
      response: { ...response, headers: { ...registration, ...response.headers } },
    }),
    ...(needsDevice(route) && { problems: [...problems, 'device_required', 'device_busy'] }),
  }
}

/** What the API description has in addition with `deviceBoundSessions`. */
export const DEVICES = {
  routes: DEVICE_ROUTES,
  schemas: DEVICE_SCHEMAS,
  headers: DEVICE_HEADERS,
  change: changed,
}
