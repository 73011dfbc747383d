import { readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { completeEvent } from '../../../local/sample-events.ts'
import { root } from '../process/service-description.ts'

export { callerEvent, lambdaContext } from '../../../packages/serverless-jwt-auth/test.ts'

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

/** Returns the event of `GET /`, with what the authorizer has added. */
export function eventWith(authorizer: unknown): APIGatewayProxyEvent {
  const event = sampleEvent('user-content.json')
  return { ...event, requestContext: { ...event.requestContext, authorizer } }
}

/** Returns a response with its body parsed, if the body is JSON. */
export const parsed = ({ body, ...response }: APIGatewayProxyResult) => ({
  ...response,
  body: /json$/.test(String(response.headers?.['Content-Type'])) ? JSON.parse(body) : body,
})
