import { readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { root } from './service-description.ts'

/** The context that Lambda gives a handler which has that much time left. */
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

/** What every answer says to browsers in the stage `dev`, where all origins are allowed. */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
}

/** A sample event from `events/`, as its file has it. */
export const sampleEvent = (file: string) => JSON.parse(readFileSync(`${root}/events/${file}`, 'utf8'))

/** `POST /login` as REST API Gateway sends it. */
export const loginEvent = (changes: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent => ({
  ...sampleEvent('login.json'),
  ...changes,
})

/** An answer with its body parsed, if it is JSON. */
export const parsed = ({ body, ...answer }: APIGatewayProxyResult) => ({
  ...answer,
  body: /json$/.test(String(answer.headers?.['Content-Type'])) ? JSON.parse(body) : body,
})
