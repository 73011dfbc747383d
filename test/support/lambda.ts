import { readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { completeEvent } from '../../local/sample-events.ts'
import { root } from './service-description.ts'

/** Returns the context of a handler that has this much time left. */
export function lambdaContext(remainingMs = 5_000): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'test',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:test',
    memoryLimitInMB: '512',
    awsRequestId: '3c5f1f2e-8a54-4d5e-9a0b-0f5c3d2e1a00',
    logGroupName: '/aws/lambda/test',
    logStreamName: '2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef',
    getRemainingTimeInMillis: () => remainingMs,
    done() {},
    fail() {},
    succeed() {},
  }
}

/** CORS headers of every response of the stage `dev`, which allows all origins. */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
}

/** Headers of every response to a sample event, which came over HTTPS. */
export const COMMON_HEADERS = { 'Strict-Transport-Security': 'max-age=31536000', ...CORS_HEADERS }

/** Reads a sample event from `events/` and completes it. It has placeholders for tokens. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows what event its file has.
export const sampleEvent = (file: string): any =>
  completeEvent(JSON.parse(readFileSync(`${root}/events/${file}`, 'utf8')))

/** Returns the event of `POST /login`, as API Gateway sends it. */
export const loginEvent = (changes: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent => ({
  ...sampleEvent('login.json'),
  ...changes,
})

/** Returns a response with its body parsed, if the body is JSON. */
export const parsed = ({ body, ...response }: APIGatewayProxyResult) => ({
  ...response,
  body: /json$/.test(String(response.headers?.['Content-Type'])) ? JSON.parse(body) : body,
})
