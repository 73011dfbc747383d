import { AsyncLocalStorage } from 'node:async_hooks'
import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda'
import { expect, vi } from 'vitest'
import type { LocalAws } from '../../../local/aws.ts'
import type { AwsProxy } from '../../support/aws/aws-proxy.ts'
import { loadHandler } from '../../support/http/handlers.ts'
import { COMMON_HEADERS, lambdaContext, loginEvent, sampleEvent } from '../../support/http/lambda.ts'
import { ADA, service } from './aws.ts'

/** As `timeout` in `serverless.yml`. */
const FUNCTION_TIMEOUT_MS = 5_000

const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret-access-key' }

/** The whole response of every route to an outage. */
export const UNAVAILABLE = {
  statusCode: 503,
  headers: {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Retry-After': '5',
    ...COMMON_HEADERS,
  },
  body: '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The service is temporarily unavailable. Try again shortly.","code":"unavailable"}',
}

let lastLoading: Promise<unknown> = Promise.resolve()

/** Loads one function after the other, because each reads its settings from the environment of this process. */
function load(functionKey: string, aws: LocalAws, proxies: { dynamodb?: AwsProxy; kms: AwsProxy }) {
  const { dynamodb, kms } = proxies
  const endpoints = { ...aws.settings.endpoints, ...(dynamodb && { dynamodb: dynamodb.url }), kms: kms.url }
  const viaProxies = { ...aws, settings: { ...aws.settings, credentials, endpoints } }
  const loading = lastLoading.then(() => loadHandler(service, functionKey, viaProxies))
  lastLoading = loading
  return loading
}

/** The beginning of a JSON Web Token. Random ids may have its first letters. */
const TOKEN = /eyJ[\w-]{20}/

const logs = new AsyncLocalStorage<unknown[]>()

/** Collects what each case logs, also when several cases run at the same time. */
export function captureLogs(levels: readonly ('info' | 'warn' | 'error')[] = ['info', 'error']) {
  for (const level of levels) {
    vi.spyOn(console, level).mockImplementation((record) => void logs.getStore()?.push(record))
  }
}

/** Runs a function once within its timeout, and checks that its log contains no secret. */
async function invoke<T>(run: (context: Context) => Promise<T>) {
  const log: unknown[] = []
  // Cases run at the same time, and loading blocks the process. It must not count as time of a function.
  await lastLoading
  const startedAt = Date.now()
  const getRemainingTimeInMillis = () => startedAt + FUNCTION_TIMEOUT_MS - Date.now()
  const context = { ...lambdaContext(), getRemainingTimeInMillis }
  const response: T | Error = await logs.run(log, () => run(context)).catch((error) => error)
  expect(Date.now() - startedAt).toBeLessThan(FUNCTION_TIMEOUT_MS)
  const text = JSON.stringify(log)
  for (const secret of [ADA.password, credentials.secretAccessKey, 'AWS4-HMAC', '$argon2id']) {
    expect(text).not.toContain(secret)
  }
  expect(text).not.toMatch(TOKEN)
  return { response, log }
}

let sources = 0

/** Loads login for requests from its own source, so that no other case fills its counters. */
export async function loadLogin(aws: LocalAws, proxies: { dynamodb: AwsProxy; kms: AwsProxy }, user = ADA) {
  const handler = await load('login', aws, proxies)
  sources += 1
  const event = loginEvent({ body: JSON.stringify(user) })
  event.requestContext.identity.sourceIp = `2001:db8:0:${sources.toString(16)}::1`
  return () => invoke<APIGatewayProxyResult>((context) => handler(event, context))
}

export async function loadJwks(aws: LocalAws, kms: AwsProxy) {
  const handler = await load('metadata', aws, { kms })
  return () =>
    invoke<APIGatewayProxyResult>((context) => handler(sampleEvent('GET /.well-known/jwks.json'), context))
}

export async function loadAuthorizer(aws: LocalAws, kms: AwsProxy) {
  const handler = await load('authorizer', aws, { kms })
  return (authorizationToken: string) => {
    const event: APIGatewayTokenAuthorizerEvent = { ...sampleEvent('authorizer'), authorizationToken }
    return invoke<APIGatewayAuthorizerResult>((context) => handler(event, context))
  }
}
