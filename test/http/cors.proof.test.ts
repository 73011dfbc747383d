import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { LISTED_ORIGINS, type Package, packageChangedProd, packageProd } from '../infrastructure/packaged.ts'
import { NOT_FOUND, sendForAll, tokenOf } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'

const [APP, ADMIN] = LISTED_ORIGINS
const EVIL = 'https://evil.example'
const LIST = { allowedOrigins: LISTED_ORIGINS.join(','), publicUrl: 'https://auth.example.com' }
// The framework accepts no empty value, and trims the space.
const NONE = { allowedOrigins: ' ' }
// Starting a service takes seconds of a core, so the service for no origin is also the one without pages.
const NO_PAGES = { pages: 'off', oauth: 'off', federation: 'off', console: 'off', actAs: 'off' }

const all = inject('serviceUrl')
const [listing, closed] = await Promise.all([
  useLocalService({ params: LIST }),
  useLocalService({ params: { ...NONE, ...NO_PAGES } }),
])
afterAll(() => Promise.all([listing.stop(), closed.stop()]))

const METADATA = '/.well-known/openid-configuration'

const READABLE = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After' }
const GATEWAYS = { ...READABLE, 'access-control-expose-headers': 'Retry-After,WWW-Authenticate' }

/** What the gateway's own responses have where listed origins may send cookies. */
const REPEATED = { 'access-control-allow-credentials': 'true', vary: 'Origin' }

describe('a preflight', () => {
  const ROUTES = [
    ['/', 'GET'],
    ['/admin', 'GET'],
    ['/login', 'POST'],
    ['/refresh', 'POST'],
    ['/logout', 'POST'],
    ['/sessions', 'GET'],
    ['/sessions/some-id', 'DELETE'],
    ['/apps', 'GET'],
    ['/apps/shop', 'DELETE'],
    ['/password', 'PUT'],
    ['/.well-known/jwks.json', 'GET'],
    [METADATA, 'GET'],
    ['/me', 'DELETE', 'GET,DELETE'],
    // The page at GET /register has none.
    ['/register', 'POST'],
  ] as const
  // The function of POST /register has another route that sets a cookie.
  const WITH_COOKIES = ['/login', '/refresh', '/logout', '/register']
  const allowing = (origin: string, methods: string, isOfCookies = false) => ({
    status: 200,
    headers: {
      'content-type': 'application/json',
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'Authorization,Content-Type',
      'access-control-allow-methods': `OPTIONS,${methods}`,
      ...(isOfCookies && { 'access-control-allow-credentials': 'true' }),
      'access-control-max-age': '7200',
      'cache-control': 'no-store',
    },
    body: '',
  })

  test.for(ROUTES)('for %s %s allows each listed origin', async ([path, method, methods = method]) => {
    for (const origin of [APP, ADMIN]) {
      const expected = allowing(origin, methods, WITH_COOKIES.includes(path))
      expect(await preflight(`${listing.url}${path}`, origin, method)).toEqual(expected)
    }
  })

  test.for(ROUTES)('for %s %s allows no other origin', async ([path, method, methods = method]) => {
    for (const origin of [EVIL, 'null', `${APP}.evil.example`, 'http://app.example.com', `${APP}:444`]) {
      // A browser compares the origins, and sends no request.
      const expected = allowing(APP, methods, WITH_COOKIES.includes(path))
      expect(await preflight(`${listing.url}${path}`, origin, method)).toEqual(expected)
    }
  })

  test.for(ROUTES)(
    'for %s %s allows any origin if all are allowed',
    async ([path, method, methods = method]) => {
      expect(await preflight(`${all}${path}`, EVIL, method)).toEqual(allowing('*', methods))
    },
  )

  test.for(ROUTES)(
    'for %s %s returns 404, like any unknown method, if no origin is allowed',
    async ([path, method]) => {
      const response = await preflight(`${closed.url}${path}`, APP, method)
      expect(response).toEqual(await sendForAll(`${closed.url}/nothing`, 'GET'))
      expect(response).toMatchObject({ status: 404 })
      expect(corsHeadersOf(response)).toEqual({})
    },
  )

  test('for an unknown path returns 404', async () => {
    const response = await preflight(`${listing.url}/nothing`, APP, 'GET')
    expect(response).toEqual(await sendForAll(`${listing.url}/nothing`, 'GET', { Origin: APP }))
    expect(response.status).toBe(404)
  })
})

describe('responses, errors included,', () => {
  test.for([APP, ADMIN])('are readable for pages of the listed origin %s', async (origin) => {
    const { functions, gateway } = await requestAll(listing.url, origin)
    const own = { ...READABLE, 'access-control-allow-origin': origin, vary: 'Origin' }
    const withCookies = { ...own, 'access-control-allow-credentials': 'true' }
    expect(allCorsHeaders(functions)).toEqual({
      ...every(functions, own),
      'a login': withCookies,
      'a rejected login': withCookies,
    })
    expect(allCorsHeaders(gateway)).toEqual(
      every(gateway, { ...GATEWAYS, 'access-control-allow-origin': origin, ...REPEATED }),
    )
  })

  test('of the gateway repeat the origin of a page, and have none without', async () => {
    const evil = await sendForAll(`${listing.url}/`, 'GET', { Origin: EVIL })
    expect(corsHeadersOf(evil)).toEqual({ ...GATEWAYS, 'access-control-allow-origin': EVIL, ...REPEATED })
    const { 'access-control-allow-origin': _, ...rest } = GATEWAYS
    expect(corsHeadersOf(await sendForAll(`${listing.url}/`, 'GET'))).toEqual({ ...rest, ...REPEATED })
    const page = await sendForAll(`${listing.url}/`, 'GET', { Accept: 'text/html' })
    expect(corsHeadersOf(page)).toEqual({ ...rest, ...REPEATED, vary: 'Origin, Accept' })
  })

  test('of functions are not readable for pages of an unlisted origin', async () => {
    const { functions } = await requestAll(listing.url, EVIL)
    expect(allCorsHeaders(functions)).toEqual(every(functions, { vary: 'Origin' }))
  })

  test('are readable for any page if all origins are allowed', async () => {
    const { functions, gateway } = await requestAll(all, EVIL)
    expect(allCorsHeaders(functions)).toEqual(every(functions, READABLE))
    expect(allCorsHeaders(gateway)).toEqual(every(gateway, GATEWAYS))
  })

  test('with keys and metadata are readable for every page, also if no origin is allowed', async () => {
    const anyOrigin = { 'access-control-allow-origin': '*' }
    const cases = [
      [listing.url, APP, { ...READABLE, vary: 'Origin' }],
      [listing.url, EVIL, { ...anyOrigin, vary: 'Origin' }],
      [all, EVIL, READABLE],
      [closed.url, EVIL, anyOrigin],
    ] as const
    for (const [url, origin, expected] of cases) {
      const { forEverybody } = await requestAll(url, origin)
      expect(allCorsHeaders(forEverybody)).toEqual(every(forEverybody, expected))
    }
  })

  test('have no CORS headers if no origin is allowed', async () => {
    const { functions, gateway } = await requestAll(closed.url, APP)
    expect(allCorsHeaders(functions)).toEqual(every(functions, {}))
    expect(allCorsHeaders(gateway)).toEqual(every(gateway, {}))
  })
})

test('the service has no pages with pages=off', async () => {
  const pages = ['docs', 'signin', 'client.js', 'passkeys.js', 'account', 'forgot', 'confirm', 'register']
  for (const path of [...pages, 'docs/page.js', 'signin/page.js']) {
    // With fetch, because `get` compares with the description of a service with pages.
    const response = await fetch(`${closed.url}/${path}`)
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: 404,
      body: NOT_FOUND.body,
    })
  }
  const description = (await (await fetch(`${closed.url}/openapi.json`)).json()) as { paths: object }
  expect(
    Object.keys(description.paths).filter((path) =>
      /docs|signin|client|passkeys.js|^.(account|forgot|confirm)/.test(path),
    ),
  ).toEqual([])
})

describe('the packaged template', () => {
  let template: Package
  let closedTemplate: Package
  beforeAll(async () => {
    // No origin is allowed by default in stage prod.
    ;[template, closedTemplate] = await Promise.all([packageChangedProd(), packageProd()])
  })

  const ofType = ({ resources }: Package, type: string) =>
    Object.entries(resources).filter(([, { Type }]) => Type === `AWS::ApiGateway::${type}`)

  test('responds to a preflight like the local gateway', async () => {
    const { Properties } = template.resources.ApiGatewayMethodSessionsIdVarOptions ?? {}
    const { headers } = await preflight(`${listing.url}/sessions/some-id`, EVIL, 'DELETE')
    const deployed = Object.entries(headers)
      .filter(([name]) => name !== 'content-type')
      .map(([name, value]) => [`method.response.header.${name}`, `'${value}'`])
    expect(Properties).toMatchObject({
      HttpMethod: 'OPTIONS',
      AuthorizationType: 'NONE',
      Integration: { Type: 'MOCK', IntegrationResponses: [{ StatusCode: '200' }] },
    })
    const [response] = Object(Properties?.Integration).IntegrationResponses
    const lower = Object.entries(response.ResponseParameters).map(([name, value]) => [
      name.replace(/[^.]*$/, (header) => header.toLowerCase()),
      value,
    ])
    expect(Object.fromEntries(lower)).toEqual(Object.fromEntries(deployed))
    expect(response.ResponseTemplates['application/json']).toContain(
      '#if($origin.matches("https://app[.]example[.]com") || $origin.matches("https://admin[.]example[.]com:8443"))' +
        ' #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end',
    )
  })

  test('has a preflight for every path that is not of pages only', () => {
    const paths = (methods: ReturnType<typeof ofType>) =>
      new Set(methods.map(([, { Properties }]) => JSON.stringify(Properties.ResourceId)))
    const methods = ofType(template, 'Method')
    const isPreflight = ([, { Properties }]: (typeof methods)[number]) => Properties.HttpMethod === 'OPTIONS'
    const isOfPages = ([, { Properties }]: (typeof methods)[number]) =>
      /Docs|Signin|AccountDashpages|Authorize|Approve|Federation|NewDashidentity|Console|AdminDash(read|change|danger)/.test(
        JSON.stringify(Properties.Integration),
      )
    expect(methods.filter(isOfPages)).not.toEqual([])
    expect(paths(methods.filter(isPreflight))).toEqual(paths(methods.filter((one) => !isOfPages(one))))
  })

  test('has neither CORS headers nor preflights if no origin is allowed', () => {
    expect(JSON.stringify(closedTemplate.resources)).not.toMatch(/access-control-|"HttpMethod":"OPTIONS"/i)
  })

  test('deploys the API after the gateway responses', () => {
    const responses = ofType(template, 'GatewayResponse').map(([id]) => id)
    expect(responses).not.toEqual([])
    const [deployment] = ofType(template, 'Deployment')
    expect(deployment?.[1].DependsOn).toEqual(expect.arrayContaining(responses))
  })
})

const preflight = (url: string, origin: string, method: string) =>
  sendForAll(url, 'OPTIONS', {
    Origin: origin,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': 'authorization,content-type',
  })

/** Returns the CORS headers of a response, and `Vary`. */
const corsHeadersOf = ({ headers }: { headers: Record<string, string> }) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )

const requestAll = async (service: string, origin: string) => {
  const json = { Origin: origin, 'Content-Type': 'application/json' }
  const mine = { Origin: origin, Authorization: `Bearer ${await tokenOf(service, 'user')}` }
  const login = JSON.stringify({ username: 'user', password: 'user' })
  const functions = {
    'a login': await sendForAll(`${service}/login`, 'POST', json, login),
    'a rejected login': await sendForAll(`${service}/login`, 'POST', json, '{}'),
    'the user content': await sendForAll(`${service}/`, 'GET', mine),
    'the sessions': await sendForAll(`${service}/sessions`, 'GET', mine),
    'an unknown session': await sendForAll(`${service}/sessions/x`, 'DELETE', mine),
    'a rejected password change': await sendForAll(`${service}/password`, 'PUT', { ...mine, ...json }, '{}'),
    'the caller': await sendForAll(`${service}/me`, 'GET', mine),
    'a rejected deletion': await sendForAll(`${service}/me`, 'DELETE', { ...mine, ...json }, '{}'),
  }
  const forEverybody = {
    'the public keys': await sendForAll(`${service}/.well-known/jwks.json`, 'GET', { Origin: origin }),
    'the metadata': await sendForAll(`${service}${METADATA}`, 'GET', { Origin: origin }),
  }
  const gateway = {
    'no token': await sendForAll(`${service}/`, 'GET', { Origin: origin }),
    'an insufficient role': await sendForAll(`${service}/admin`, 'GET', mine),
    'an unknown route': await sendForAll(`${service}/nothing`, 'GET', mine),
  }
  const statuses = [functions, forEverybody, gateway].map((responses) =>
    Object.values(responses).map(({ status }) => status),
  )
  expect(statuses).toEqual([
    [200, 422, 200, 200, 404, 422, 200, 422],
    [200, 200],
    [401, 403, 404],
  ])
  return { functions, forEverybody, gateway }
}

const every = (responses: object, expected: object) =>
  Object.fromEntries(Object.keys(responses).map((what) => [what, expected]))

const allCorsHeaders = (
  responses: Awaited<ReturnType<typeof requestAll>>[keyof Awaited<ReturnType<typeof requestAll>>],
) => Object.fromEntries(Object.entries(responses).map(([what, response]) => [what, corsHeadersOf(response)]))
