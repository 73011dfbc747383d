import { describe, expect, test } from 'vitest'
import { describeService, resourcesOf } from '../../test/support/process/service-description.ts'
import {
  allows,
  filledIn,
  gatewayResponses,
  preflightResponse,
  readAuthorization,
  remapped,
  withoutClaims,
} from './gateway-rules.ts'

const api = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234'
const statement = (
  Effect: string,
  Resource: string | string[],
  Action: string | string[] = 'execute-api:Invoke',
) => ({
  Effect,
  Action,
  Resource,
})
const allow = (resource: string) => statement('Allow', `${api}${resource}`)
const deny = (resource: string) => statement('Deny', `${api}${resource}`)

describe('a policy', () => {
  test.each<[string, ReturnType<typeof statement>[], boolean]>([
    ['without statements allows nothing', [], false],
    ['allows what it names', [allow('/dev/GET/a.b')], true],
    ['allows nothing else', [allow('/dev/GET/a')], false],
    ['matches from the beginning', [statement('Allow', '/dev/GET/a.b')], false],
    ['matches to the end', [allow('/dev/GET/a.')], false],
    ['has a star for any text, slashes included', [allow('/*')], true],
    ['has a star for no text', [allow('/dev/GET/a.b*')], true],
    ['has a question mark for one character', [allow('/dev/GET/a?b')], true],
    ['has a question mark for no fewer', [allow('/dev/GET/a.b?')], false],
    ['has dots for dots', [allow('/dev/GET/..b')], false],
    ['has brackets for brackets', [allow('/dev/GET/[a].b')], false],
    ['has a plus for a plus', [allow('/dev/GET/a+.b')], false],
    ['is case-sensitive about resources', [allow('/dev/get/a.b')], false],
    ['denies if the Deny statement comes first', [deny('/*/GET/*'), allow('/*')], false],
    ['denies if the Deny statement comes last', [allow('/*'), deny('/*/GET/*')], false],
    ['does not deny what it does not name', [allow('/*'), deny('/*/POST/*')], true],
    ['that only denies something else allows nothing', [deny('/*/POST/*')], false],
    ['may name several resources', [statement('Allow', ['x', `${api}/*`])], true],
    ['may name several actions', [statement('Allow', `${api}/*`, ['x', 'execute-api:Invoke'])], true],
    ['may name all actions', [statement('Allow', `${api}/*`, '*')], true],
    ['writes actions in any case', [statement('Allow', `${api}/*`, 'Execute-API:invoke')], true],
    [
      'of another action allows nothing',
      [statement('Allow', `${api}/*`, 'execute-api:InvalidateCache')],
      false,
    ],
    ['with an unknown effect allows nothing', [statement('allow', `${api}/*`)], false],
  ])('%s', (_rule, statements, isAllowed) => {
    expect(allows(statements, `${api}/dev/GET/a.b`)).toBe(isAllowed)
  })
})

describe('the result of an authorizer', () => {
  const statements = [allow('/*')]
  const policyDocument = { Version: '2012-10-17', Statement: statements }

  test('reaches the handler as text', () => {
    const context = { username: 'ada', expiresAt: 1_795_534_200, isNew: false }
    expect(readAuthorization({ principalId: 'ada', policyDocument, context })).toEqual({
      principalId: 'ada',
      context: { username: 'ada', expiresAt: '1795534200', isNew: 'false' },
      statements,
    })
  })

  test('may omit the context', () => {
    expect(readAuthorization({ principalId: 'ada', policyDocument })).toEqual({
      principalId: 'ada',
      context: {},
      statements,
    })
  })

  test.each<[string, unknown]>([
    ['that is undefined', undefined],
    ['that is null', null],
    ['that is text', 'Allow'],
    ['without a principal', { policyDocument }],
    ['with a principal that is not a string', { principalId: 7, policyDocument }],
    ['without a policy', { principalId: 'ada' }],
    ['with a policy without statements', { principalId: 'ada', policyDocument: {} }],
    ['with a list in its context', { principalId: 'ada', policyDocument, context: { roles: ['admin'] } }],
    ['with an object in its context', { principalId: 'ada', policyDocument, context: { claims: {} } }],
    ['with null in its context', { principalId: 'ada', policyDocument, context: { role: null } }],
  ])('%s is a misconfiguration', (_what, result) => {
    expect(readAuthorization(result)).toBeUndefined()
  })
})

describe('the responses of the gateway', () => {
  test('are read from the resources that are deployed', () => {
    const responses = gatewayResponses(resourcesOf(describeService()))
    expect(responses.get('UNAUTHORIZED')).toEqual({
      status: 401,
      headers: {
        // With scopes at a function, it also names the metadata of the API.
        'WWW-Authenticate': expect.stringMatching(/^Bearer realm="serverless-jwt-auth-dev-auth"(,|$)/),
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        'Content-Type': 'application/problem+json',
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Expose-Headers': 'Retry-After,WWW-Authenticate',
      },
      body: '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Could not validate credentials.","code":"invalid_token"}',
    })
    expect(responses.get('DEFAULT_4XX')).toMatchObject({ status: undefined })
  })

  test('are empty without resources of that type', () => {
    expect(gatewayResponses([{ Type: 'AWS::KMS::Key', Properties: {} }])).toEqual(new Map())
    const Properties = { RestApiId: { Ref: 'Partners' }, ResponseType: 'UNAUTHORIZED' }
    expect(gatewayResponses([{ Type: 'AWS::ApiGateway::GatewayResponse', Properties }])).toEqual(new Map())
  })
})

describe('a response with the value of a request header', () => {
  const headers = { Vary: 'Origin', 'Access-Control-Allow-Origin': 'method.request.header.Origin' }
  const response = { status: 401, headers, body: '' }

  test('repeats it', () => {
    const filled = filledIn(response, { origin: 'https://app.example', vary: 'x' })
    const expected = { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://app.example' }
    expect(filled).toEqual({ ...response, headers: expected })
  })

  test('leaves it out if the request does not have it', () => {
    expect(filledIn(response, {})).toEqual({ ...response, headers: { Vary: 'Origin' } })
  })
})

describe('a preflight', () => {
  test('of a route with cors: true has what the framework gives it', () => {
    expect(preflightResponse(true, ['ANY'], 'https://a.example').headers).toEqual({
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Headers':
        'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,X-Amz-User-Agent,X-Amzn-Trace-Id',
      'Access-Control-Allow-Methods': 'OPTIONS,DELETE,GET,HEAD,PATCH,POST,PUT',
    })
  })

  test.each([
    [['https://*.a.example', 'https://b.example'], 'https://x.a.example', 'https://x.a.example'],
    [['https://*.a.example', 'https://b.example'], 'https://x.a-example', 'https://*.a.example'],
    [['https://b.example'], undefined, 'https://b.example'],
  ])('with a list of origins, %s, a request from %s gets %s', (origins, origin, returned) => {
    const { headers } = preflightResponse({ origins, headers: 'X-Shop' }, ['GET'], origin)
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': returned,
      'Access-Control-Allow-Headers': 'X-Shop',
    })
  })

  const preflight = (allowed: string, origin: string | undefined, ...methods: string[]) => {
    const cors = {
      origin: allowed,
      headers: ['Authorization', 'Content-Type'],
      allowCredentials: false,
      maxAge: 60,
      cacheControl: 'no-store',
    }
    return preflightResponse(cors, methods, origin).headers
  }
  const listed = 'https://a.example,https://b.example'

  test.each([
    [listed, 'https://b.example', 'https://b.example'],
    [listed, 'https://a.example', 'https://a.example'],
    [listed, 'https://evil.example', 'https://a.example'],
    [listed, undefined, 'https://a.example'],
    ['https://a.example', 'https://evil.example', 'https://a.example'],
    ['*', 'https://evil.example', '*'],
  ])('with allowed origins %s, a request from %s gets %s', (allowed, origin, returned) => {
    expect(preflight(allowed, origin, 'GET')).toHaveProperty('Access-Control-Allow-Origin', returned)
  })

  test('names allowed headers and methods, and how long to cache them', () => {
    expect(preflight('*', undefined, 'GET', 'PUT')).toEqual({
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Headers': 'Authorization,Content-Type',
      'Access-Control-Allow-Methods': 'OPTIONS,GET,PUT',
      'Access-Control-Max-Age': '60',
      'Cache-Control': 'no-store',
    })
  })
})

test('a REST API renames WWW-Authenticate of a function, in any case, and no other header', () => {
  expect(remapped({ 'WWW-Authenticate': 'Bearer', 'Retry-After': '5' })).toEqual({
    'x-amzn-Remapped-WWW-Authenticate': 'Bearer',
    'Retry-After': '5',
  })
  expect(remapped({ 'www-authenticate': 'Bearer' })).toEqual({ 'x-amzn-Remapped-www-authenticate': 'Bearer' })
  expect(remapped({})).toEqual({})
})

test('the context of an authorizer takes no claims of serverless-offline, and keeps its own', () => {
  const added = { claims: { sub: 'ada' }, scopes: ['notes'], principalId: 'ada' }
  const shown = (context?: object) => JSON.parse(JSON.stringify(Object.assign(withoutClaims(context), added)))
  expect(shown({ role: 'user' })).toEqual({ role: 'user', principalId: 'ada' })
  expect(shown({ claims: 'own' })).toEqual({ claims: 'own', principalId: 'ada' })
  expect(shown()).toEqual({ principalId: 'ada' })
})
