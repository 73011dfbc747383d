import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { addCookies, authorizeHttpApi, decisionCache, ownResponse, readDecision } from './http-api.ts'

test('an error of the authorizer is 500 and not cached, and a decision is cached for its token and route', async () => {
  const outcomes = [
    undefined,
    { isAuthorized: true, context: { role: 'user' } },
    { isAuthorized: false },
    undefined,
  ]
  const { gateway, events } = await fakeAuthorizer(outcomes)
  const ask = (routeKey: string, authorization?: string) =>
    authorizeHttpApi(routeKey, requestWith(authorization), gateway, [])
  expect(await ask('GET /notes')).toBe(401)
  expect(await ask('GET /notes', '')).toBe(401)
  expect(await ask('GET /notes', 'Bearer x')).toBe(500)
  const allowed = { context: { role: 'user' } }
  expect(await ask('GET /notes', 'Bearer x')).toEqual(allowed)
  expect(await ask('GET /notes', 'Bearer x')).toEqual(allowed)
  expect([await ask('GET /staff', 'Bearer x'), await ask('GET /staff', 'Bearer x')]).toEqual([403, 403])
  expect(await ask('GET /notes', 'Bearer y')).toBe(500)
  expect(events.map(({ identitySource, routeKey }) => [...identitySource, routeKey])).toEqual([
    ['Bearer x', 'GET /notes', 'GET /notes'],
    ['Bearer x', 'GET /notes', 'GET /notes'],
    ['Bearer x', 'GET /staff', 'GET /staff'],
    ['Bearer y', 'GET /notes', 'GET /notes'],
  ])
})

test('a decision ends with its time, and other sources do not find it', () => {
  const cache = decisionCache(60)
  const decision = { isAuthorized: true, context: {} }
  cache.store(['a', 'b'], decision, new Date(0))
  expect(cache.find(['a', 'b'], new Date(59_999))).toBe(decision)
  expect(cache.find(['a', 'b'], new Date(60_000))).toBeUndefined()
  for (const sources of [['b', 'a'], ['a,b'], ['a', 'b', ''], ['a']]) {
    expect(cache.find(sources, new Date(0)), sources.join()).toBeUndefined()
  }
})

test.each([null, {}, 'true', { isAuthorized: 'true' }, { isAuthorized: 1 }, { policyDocument: {} }])(
  '%j is no simple response',
  (result) => {
    expect(readDecision(result)).toBeUndefined()
  },
)

test('a status that an HTTP API does not have is that of its class', () => {
  const statusOf = (status: number) => ownResponse(status).status
  expect([401, 403, 404, 413, 418, 500, 502, 504].map(statusOf)).toEqual([
    401, 403, 404, 413, 400, 500, 500, 500,
  ])
})

test('an event of payload 2.0 has its cookies in a list', () => {
  const cookiesOf = (version: string, headers: Record<string, string>) => {
    const event: { version: string; headers: Record<string, string>; cookies?: string[] } = {
      version,
      headers,
    }
    addCookies(event)
    return event.cookies
  }
  expect(cookiesOf('2.0', { cookie: 'a=b; c=d=e;f' })).toEqual(['a=b', 'c=d=e', 'f'])
  expect([cookiesOf('2.0', {}), cookiesOf('1.0', { cookie: 'a=b' })]).toEqual([[], undefined])
})

const requestWith = (authorization?: string) =>
  ({ method: 'get', path: '/notes', headers: { authorization } }) as never

/** Starts the Lambda API of an authorizer that returns these, or throws where one is `undefined`. */
async function fakeAuthorizer(outcomes: unknown[]) {
  const folder = mkdtempSync(join(tmpdir(), 'http-api-'))
  const lambdaSocket = join(folder, 'socket')
  const events: { identitySource: string[]; routeKey: string }[] = []
  const server = createServer(async (request, response) => {
    events.push((await json(request)) as (typeof events)[number])
    const outcome = outcomes.shift()
    if (outcome === undefined) response.setHeader('X-Amz-Function-Error', 'Unhandled')
    response.end(JSON.stringify(outcome ?? { errorMessage: 'Unauthorized' }))
  })
  await new Promise<void>((resolve) => server.listen(lambdaSocket, resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const gateway = {
    region: 'eu-central-1',
    stage: 'dev',
    authorizerCacheSeconds: 60,
    lambdaSocket,
    functionName: () => 'authorizer',
  }
  return { gateway, events }
}
