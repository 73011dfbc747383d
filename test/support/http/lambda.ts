import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { completeEvent } from '../../../local/sample-events.ts'
import { samplesOf } from '../../../local/samples.ts'
import { describeService, root } from '../process/service-description.ts'

export { callerEvent, lambdaContext } from '../../../packages/serverless-jwt-auth/test.ts'

/** CORS headers of every response of the stage `dev`, which allows all origins. */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
}

/** Headers of every response to a sample event, which came over HTTPS. */
export const COMMON_HEADERS = { 'Strict-Transport-Security': 'max-age=31536000', ...CORS_HEADERS }

const eventsFolder = `${root}/events`
let samplesByFunction: Record<string, Record<string, unknown>> | undefined

function deriveSamples(): Record<string, Record<string, unknown>> {
  samplesByFunction ??= Object.fromEntries(
    Object.entries(describeService().functions).map(([key, definition]) => [key, samplesOf(definition)]),
  )
  return samplesByFunction
}

/** Returns the names of all sample events: those of files and of functions, and `POST /login cookie` of other routes and examples. */
export const sampleNames = (): string[] => {
  const files = readdirSync(eventsFolder).map((file) => file.replace(/\.json$/, ''))
  const derived = Object.entries(deriveSamples()).flatMap(([key, samples]) => [
    key,
    ...Object.keys(samples).slice(1),
  ])
  return [...new Set([...files, ...derived])].sort()
}

/** Reads a sample event from `events/`, or derives it, and completes it. It has placeholders for tokens. */
// biome-ignore lint/suspicious/noExplicitAny: a test knows what event its sample is.
export const sampleEvent = (name: string): any => completeEvent(readSample(name))

function readSample(name: string): unknown {
  const path = `${eventsFolder}/${name}.json`
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const derived = deriveSamples()
  const ofFunction = Object.values(derived[name] ?? {})[0]
  const sample = ofFunction ?? Object.values(derived).find((samples) => name in samples)?.[name]
  if (sample === undefined)
    throw new Error(`no file, function, route or example has the sample event ${name}`)
  return sample
}

/** Returns the event of `POST /login`, as API Gateway sends it. */
export const loginEvent = (changes: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent => ({
  ...sampleEvent('login'),
  ...changes,
})

/** Returns the event of `GET /`, with what the authorizer has added. */
export function eventWith(authorizer: unknown): APIGatewayProxyEvent {
  const event = sampleEvent('user-content')
  return { ...event, requestContext: { ...event.requestContext, authorizer } }
}

/** Returns a response with its body parsed, if the body is JSON. */
export const parsed = ({ body, ...response }: APIGatewayProxyResult) => ({
  ...response,
  body: /json$/.test(String(response.headers?.['Content-Type'])) ? JSON.parse(body) : body,
})
