import type {
  APIGatewayEventIdentity,
  APIGatewayEventRequestContext,
  APIGatewayProxyEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda'
import { describe, expect, test, vi } from 'vitest'
import { fillTokens } from '../local/tokens.ts'
import { useAws } from '../test/support/aws/table.ts'
import { warmHandlers } from '../test/support/http/handlers.ts'
import { lambdaContext, parsed, sampleEvent } from '../test/support/http/lambda.ts'
import { OUTCOMES, SAMPLES } from '../test/support/http/sample-events.ts'
import { describeService, tokenSourceOf } from '../test/support/process/service-description.ts'

const service = describeService()

const aws = await useAws(service)
const handlerOf = warmHandlers(service, aws)
for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()

test('every function has a sample event that bears its name', () => {
  const own = Object.entries(SAMPLES).filter(([name, { functionKey }]) => name === functionKey)
  expect(own.map(([, { functionKey }]) => functionKey).sort()).toEqual(Object.keys(service.functions).sort())
})

test('the first sample event of a function bears its name, but for token, whose own one has no client', () => {
  const backwards = Object.entries(SAMPLES).reverse()
  const first = Object.fromEntries(backwards.map(([name, { functionKey }]) => [functionKey, name]))
  const own = Object.fromEntries(Object.keys(service.functions).map((key) => [key, key]))
  expect(first).toEqual({ ...own, token: 'token-machine' })
})

test('the name of every other sample event is a route, or begins with that of its function', () => {
  const isNamed = ([name, { functionKey }]: [string, { functionKey: string }]) =>
    name === functionKey || name.startsWith(`${functionKey}-`) || /^[A-Z]+ \//.test(name)
  expect(Object.entries(SAMPLES).filter((sample) => !isNamed(sample))).toEqual([])
})

test('every listed outcome has a sample event', () => {
  expect(Object.keys(OUTCOMES).filter((name) => !(name in SAMPLES))).toEqual([])
})

describe.each(Object.entries(SAMPLES))('the sample event %s', (name, { functionKey, ...outcome }) => {
  test(`has its expected outcome in ${functionKey}`, async () => {
    const handler = await handlerOf(functionKey)
    const event = await fillTokens(sampleEvent(name), tokenSourceOf(service, aws), new Date())
    const call = handler(event, lambdaContext())
    if ('throws' in outcome) {
      await expect(call).rejects.toThrow(new Error(outcome.throws))
    } else {
      const returned = await call
      expect(returned?.body === undefined ? returned : parsed(returned)).toEqual(outcome.returns)
    }
  })
})

/** Names the required members of a type. */
type RequiredKey<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T]

const EVENT = {
  body: true,
  headers: true,
  multiValueHeaders: true,
  httpMethod: true,
  isBase64Encoded: true,
  path: true,
  pathParameters: true,
  queryStringParameters: true,
  multiValueQueryStringParameters: true,
  stageVariables: true,
  requestContext: true,
  resource: true,
} satisfies Record<keyof APIGatewayProxyEvent, true>

const REQUEST_CONTEXT = {
  accountId: true,
  apiId: true,
  protocol: true,
  httpMethod: true,
  identity: true,
  path: true,
  stage: true,
  requestId: true,
  requestTimeEpoch: true,
  resourceId: true,
  resourcePath: true,
  // Optional in the types, since WebSocket APIs share them; REST APIs always send these.
  domainName: true,
  domainPrefix: true,
  extendedRequestId: true,
  requestTime: true,
  // REST APIs send it; the types do not contain it.
  deploymentId: true,
} satisfies Record<RequiredKey<APIGatewayEventRequestContext>, true> & Record<string, true>

const IDENTITY = {
  accessKey: true,
  accountId: true,
  apiKey: true,
  apiKeyId: true,
  caller: true,
  clientCert: true,
  cognitoAuthenticationProvider: true,
  cognitoAuthenticationType: true,
  cognitoIdentityId: true,
  cognitoIdentityPoolId: true,
  principalOrgId: true,
  sourceIp: true,
  user: true,
  userAgent: true,
  userArn: true,
} satisfies Record<RequiredKey<APIGatewayEventIdentity>, true>

const TOKEN_EVENT = {
  type: true,
  methodArn: true,
  authorizationToken: true,
} satisfies Record<keyof APIGatewayTokenAuthorizerEvent, true>

const isProtected = (functionKey: string, resource: string) =>
  service.functions[functionKey]?.events?.some(
    ({ http }) => http.authorizer !== undefined && resource === `/${http.path.replace(/^\//, '')}`,
  )

// The events of functions without a route are the service's own.
const sent = Object.entries(SAMPLES).filter(
  ([, { functionKey }]) => !['mailer', 'fetch-client', 'publish-event'].includes(functionKey),
)

describe.each(sent)('the sample event %s', (name, { functionKey }) => {
  const event = sampleEvent(name)

  test('has exactly the members that API Gateway sends', () => {
    if (functionKey === 'authorizer') return expect(keys(event)).toEqual(keys(TOKEN_EVENT))
    const context = isProtected(functionKey, event.resource)
      ? { ...REQUEST_CONTEXT, authorizer: true }
      : REQUEST_CONTEXT
    expect(keys(event)).toEqual(keys(EVENT))
    expect(keys(event.requestContext)).toEqual(keys(context))
    expect(keys(event.requestContext.identity)).toEqual(keys(IDENTITY))
    const headers = Object.entries(event.headers).map(([name, value]) => [name, [value]])
    expect(event.multiValueHeaders).toEqual(Object.fromEntries(headers))
  })
})

const keys = (value: object) => Object.keys(value).sort()
