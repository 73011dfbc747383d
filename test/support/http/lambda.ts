import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { completeEvent } from '../../../local/sample-events.ts'
import { sampleOf } from '../../../local/samples.ts'
import { describeService, root } from '../process/service-description.ts'

export { callerEvent, lambdaContext } from '../../../packages/serverless-jwt-auth/test.ts'

/** CORS headers of every response of the stage `dev`, which allows all origins. */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
}

/** Headers of every response to a sample event, which came over HTTPS. */
export const COMMON_HEADERS = { 'Strict-Transport-Security': 'max-age=31536000', ...CORS_HEADERS }

/** Returns the names of all sample events: those of files in `events/`, and of functions whose event is derived. */
export const sampleFiles = (): string[] => {
  const derived = Object.keys(describeService().functions).map((key) => `${key}.json`)
  return [...new Set([...readdirSync(`${root}/events`), ...derived])].sort()
}

/** Reads a sample event from `events/`, or derives it from the route of its function, and completes it. It has placeholders for tokens. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows what event its file has.
export const sampleEvent = (file: string): any => completeEvent(readSample(file))

function readSample(file: string): unknown {
  const path = `${root}/events/${file}`
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const sample = sampleOf(describeService().functions[file.replace(/\.json$/, '')] ?? {})
  if (sample === undefined)
    throw new Error(`there is no events/${file}, and no function with a route has its name`)
  return sample
}

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
