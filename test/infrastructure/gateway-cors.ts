import { expect, test } from 'vitest'
import { gatewayResponses } from '../../local/gateway/gateway-rules.ts'
import { describeService, resourcesOf } from '../support/process/service-description.ts'

// The framework accepts no empty value, and trims the space.
export const NO_ORIGINS = { allowedOrigins: ' ' }

const APP = 'https://app.example.com'
const SEVERAL = `${APP},https://admin.example.com`
const SAME_SITE = { publicUrl: 'https://auth.example.com' }
const WITHOUT_DEVICES = { deviceBoundSessions: 'off' }
const WITHOUT_COOKIES = {
  ...WITHOUT_DEVICES,
  cookieSessions: 'off',
  pages: 'off',
  oauth: 'off',
  federation: 'off',
  console: 'off',
  actAs: 'off',
}
const credentials = { 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }

type Row = [what: string, params: Record<string, string>, cors: Record<string, string>]

const REPRESENTATIVES: Row[] = [
  // The default of this stage.
  ['any origin is allowed', {}, { 'Access-Control-Allow-Origin': '*' }],
  [
    'several origins are allowed to send cookies',
    { ...SAME_SITE, allowedOrigins: SEVERAL },
    { 'Access-Control-Allow-Origin': 'method.request.header.origin', ...credentials },
  ],
]

const OTHERS: Row[] = [
  [
    'one origin is allowed',
    { ...WITHOUT_COOKIES, allowedOrigins: APP },
    { 'Access-Control-Allow-Origin': APP },
  ],
  [
    // A gateway response cannot choose from a list, and contains no user data.
    'several origins are allowed',
    { ...WITHOUT_COOKIES, allowedOrigins: SEVERAL },
    { 'Access-Control-Allow-Origin': '*' },
  ],
  [
    'one origin is allowed to send cookies',
    { ...SAME_SITE, allowedOrigins: APP },
    { 'Access-Control-Allow-Origin': APP, ...credentials },
  ],
]

/**
 * Tests the CORS headers of gateway responses, and the preflights, by allowed origins.
 *
 * @param mass - Whether all settings are tested, or two. The framework takes seconds of a core for each.
 */
export function testCors(mass: 'representatives' | 'all'): void {
  const responsesOf = (params: Record<string, string>) => [
    ...gatewayResponses(resourcesOf(describeService(params))),
  ]
  const rows = mass === 'all' ? [...REPRESENTATIVES, ...OTHERS] : REPRESENTATIVES

  test.each(rows)('if %s, its pages can read every response', (_what, params, cors) => {
    const { publicUrl = 'http://localhost:3000' } = params
    // Devices have another response to a throttled request.
    const switches = 'deviceBoundSessions' in params ? WITHOUT_DEVICES : {}
    const withCors = responsesOf({ ...NO_ORIGINS, ...switches }).map(([type, response]) => {
      // With routes for clients, two responses name their metadata.
      const own = Object.entries(response.headers).map(([name, value]) => [
        name,
        value.replace('http://localhost:3000', publicUrl),
      ])
      const headers = {
        ...Object.fromEntries(own),
        ...cors,
        'Access-Control-Expose-Headers': 'Retry-After,WWW-Authenticate',
      }
      return [type, { ...response, headers }]
    })
    expect(responsesOf(params)).toEqual(withCors)
  })

  test('only routes that take the cookie let pages send it, and never pages of all origins', () => {
    const routesOf = (params: Record<string, string>) =>
      Object.values(describeService(params).functions)
        .flatMap(({ events = [] }) => events.map(({ http }) => http as { path: string; cors?: object }))
        .filter(({ cors }) => Object(cors).allowCredentials)
        .map(({ path }) => path)
        .sort()
    expect(routesOf({ ...SAME_SITE, allowedOrigins: SEVERAL })).toEqual([
      // The client sends the cookie with each step of an enrolment. A function has one setting for all its routes.
      'enrolment/passkey',
      'enrolment/passkey/options',
      'enrolment/{step}',
      'enrolment/{step}/confirm',
      'factors/cancel-reset',
      'login',
      // Its function refuses pages of other origins in a cookie, and has one setting for its other routes too.
      'login/mail',
      'login/mail/confirm',
      'login/passkey',
      'login/passkey/options',
      'login/{factor}',
      'logout',
      // Its function refuses pages of other origins.
      'oauth2/signout',
      'passkeys',
      'password/forgot',
      'refresh',
      'register',
      'register/confirm',
      'register/passkey',
    ])
    const without = [{ allowedOrigins: '*' }, { ...WITHOUT_COOKIES, allowedOrigins: SEVERAL }]
    // The default of this stage is any origin.
    for (const params of mass === 'all' ? without : [{}]) expect(routesOf(params)).toEqual([])
  })

  test('every route has a preflight if and only if origins are allowed, and no page', () => {
    // Browsers send what binds a session to a device themselves.
    const routesFor = (params: Record<string, string>, isOfPages = false) =>
      Object.values(describeService(params).functions)
        .filter(({ handler }) => /^functions\/(pages\/|devices\/device\.)/.test(handler) === isOfPages)
        .filter(({ environment }) => environment?.AUTH_ALLOWED_ORIGINS === params.allowedOrigins)
        .flatMap(({ events = [] }) => events.map(({ http }) => http))
    const cors = { origin: SEVERAL, headers: ['Authorization', 'Content-Type'] }
    const routes = routesFor({ ...SAME_SITE, allowedOrigins: SEVERAL })
    expect(routes).not.toEqual([])
    for (const route of routes) expect(route).toMatchObject({ cors })
    const pages = routesFor({ ...SAME_SITE, allowedOrigins: SEVERAL }, true)
    expect(pages).not.toEqual([])
    for (const route of [...routesFor(NO_ORIGINS), ...pages]) expect(route).not.toHaveProperty('cors')
  })

  test('an approval has no preflight, because pages of other origins must not ask for one', () => {
    const { approve } = describeService(
      mass === 'all' ? { ...SAME_SITE, allowedOrigins: SEVERAL } : {},
    ).functions
    expect(approve?.events?.map(({ http }) => http)).toEqual([{ method: 'post', path: 'oauth2/approve' }])
  })
}
