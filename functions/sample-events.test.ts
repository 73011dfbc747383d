import { readdirSync } from 'node:fs'
import type {
  APIGatewayEventIdentity,
  APIGatewayEventRequestContext,
  APIGatewayProxyEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { fillTokens } from '../local/tokens.ts'
import { loadHandler } from '../test/support/handlers.ts'
import { lambdaContext, parsed, sampleEvent } from '../test/support/lambda.ts'
import { SAMPLES } from '../test/support/sample-events.ts'
import { describeService, resourcesOf, root, tokenSourceOf } from '../test/support/service-description.ts'

const service = describeService()
let aws: LocalAws

beforeAll(async () => {
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
})
afterAll(() => aws.stop())

test('every sample event is told what comes of it, and no other', () => {
  expect(readdirSync(`${root}/events`).sort()).toEqual(Object.keys(SAMPLES).sort())
})

test('every function has a sample event', () => {
  const keys = new Set(Object.values(SAMPLES).map(({ functionKey }) => functionKey))
  expect([...keys].sort()).toEqual(Object.keys(service.functions).sort())
})

describe.each(Object.entries(SAMPLES))('events/%s', (file, { functionKey, ...outcome }) => {
  test(`has the outcome it is a sample of, given to ${functionKey}`, async () => {
    const handler = await loadHandler(service, functionKey, aws)
    const event = await fillTokens(sampleEvent(file), tokenSourceOf(service, aws), new Date())
    const call = handler(event, lambdaContext())
    if ('throws' in outcome) {
      await expect(call).rejects.toThrow(new Error(outcome.throws))
    } else {
      const returned = await call
      expect('body' in returned ? parsed(returned) : returned).toEqual(outcome.returns)
    }
  })
})

/** The members that every value of a type has. */
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
  // Sent by REST APIs, and not in the types.
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

const PROTECTED = ['user-content', 'admin-content', 'sessions', 'end-session', 'password']

describe.each(Object.entries(SAMPLES))('events/%s', (file, { functionKey }) => {
  const event = sampleEvent(file)

  test('has the members that API Gateway sends, and no others', () => {
    if (functionKey === 'authorizer') return expect(keys(event)).toEqual(keys(TOKEN_EVENT))
    const context = PROTECTED.includes(functionKey)
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
