import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { describeApi } from '../../lib/openapi/document.ts'
import type { Feature } from '../../lib/openapi/route.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import { handler } from './openapi.ts'

const stage = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev'

beforeEach(() => {
  vi.stubEnv('SERVICE_NAME', 'serverless-jwt-auth')
  vi.stubEnv('DEMO', 'off')
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test.each<[string, string, string, string, Feature[]]>([
  ['on', 'a-mailer', 'open', 'on', ['pages', 'mail', 'invitations', 'registration', 'oauth']],
  ['off', 'a-mailer', 'invite', 'off', ['mail', 'invitations']],
  ['off', 'a-mailer', 'off', 'off', ['mail']],
  ['on', '', 'open', 'off', ['pages']],
])('returns the description, with pages %s, mailer "%s", registration %s and oauth %s', async (...row) => {
  const [pages, mailer, registration, oauth, features] = row
  vi.stubEnv('OAUTH', oauth)
  vi.stubEnv('FEDERATION', 'off')
  vi.stubEnv('PAGES', pages)
  vi.stubEnv('MAILER', mailer)
  vi.stubEnv('REGISTRATION', registration)
  expect(parsed(await handler(sampleEvent('openapi'), lambdaContext()))).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=31536000',
    },
    body: JSON.parse(JSON.stringify(describeApi(stage, features))),
  })
})

test.each([
  ['on', true],
  ['off', false],
])('names the demo users only with demo on: %s', async (demo, isNamed) => {
  for (const [name, value] of Object.entries({
    DEMO: demo,
    OAUTH: 'on',
    FEDERATION: 'on',
    PAGES: 'on',
    REGISTRATION: 'open',
    MAILER: 'a',
  })) {
    vi.stubEnv(name, value)
  }
  const { body } = await handler(sampleEvent('openapi'), lambdaContext())
  expect(/demo user/i.test(body)).toBe(isNamed)
  const login = JSON.parse(body).paths['/login'].post.requestBody.content['application/json']
  expect(login.examples?.user?.value).toEqual(isNamed ? { username: 'user', password: 'user' } : undefined)
})

/** Returns the description of a project with routes of its own. */
async function describedWith(own: string) {
  for (const name of ['OAUTH', 'FEDERATION', 'PAGES', 'REGISTRATION']) vi.stubEnv(name, 'off')
  vi.stubEnv('OWN_ROUTES', own)
  const { body } = await handler(sampleEvent('openapi'), lambdaContext())
  return JSON.parse(body)
}

test('a project has its own name, and without the routes of content it has them neither by path nor by schema', async () => {
  vi.stubEnv('SERVICE_NAME', 'Notes')
  const { info, paths, components } = await describedWith('')
  expect(info.title).toBe('Notes')
  expect(Object.keys(paths).filter((path) => ['/', '/admin'].includes(path))).toEqual([])
  expect(components.schemas).not.toHaveProperty('Content')
})

test('routes of the application have method, path, security and the responses of the gateway', async () => {
  const { paths } = await describedWith('GET/notes/{id},DELETE/notes/{id}!,HEAD/notes,PUT/')
  const { get, delete: remove } = paths['/notes/{id}']
  expect(get).toMatchObject({
    operationId: 'getNotesId',
    tags: ['Content'],
    security: [{ accessToken: [] }],
    parameters: [{ name: 'id', in: 'path', required: true }],
    responses: { 200: { description: 'The response of the application.' } },
  })
  expect(Object.keys(get.responses)).toEqual(expect.arrayContaining(['401', '429']))
  expect(get.responses).not.toHaveProperty('403')
  expect(remove.responses[403]).toEqual({ $ref: '#/components/responses/forbidden' })
  expect(paths).not.toHaveProperty('/notes')
  expect(paths['/'].put.summary).toBe('PUT /')
})

test('a route of the application with a row has its words, and its protection from the function', async () => {
  const { paths } = await describedWith('GET/,GET/admin!')
  expect(paths['/'].get).toMatchObject({ operationId: 'getUserContent', security: [{ accessToken: [] }] })
  expect(paths['/'].get.responses).not.toHaveProperty('403')
  expect(paths['/admin'].get).toMatchObject({
    operationId: 'getAdminContent',
    security: [{ accessToken: [] }],
  })
  expect(paths['/admin'].get.responses[403]).toEqual({ $ref: '#/components/responses/forbidden' })
})

test('of routes for which the setting has no room, the description has those with a row', async () => {
  const { paths } = await describedWith('*')
  expect(paths['/'].get).toMatchObject({ operationId: 'getUserContent', security: [{ accessToken: [] }] })
})

test('a route that the description has gets no second row', async () => {
  const { paths } = await describedWith('GET/me')
  expect(paths['/me'].get.summary).not.toBe('GET /me')
})

test('returns 500 when PAGES is missing, and logs its name', async () => {
  vi.stubEnv('PAGES', '')
  vi.stubEnv('OAUTH', 'off')
  vi.stubEnv('FEDERATION', 'off')
  vi.stubEnv('REGISTRATION', 'off')
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const { statusCode } = await handler(sampleEvent('openapi'), lambdaContext())
  expect(statusCode).toBe(500)
  const record = { event: 'request.crashed', code: 'internal', reason: 'unexpected error' }
  expect(error.mock.calls).toEqual([
    [{ ...record, cause: expect.stringMatching(/^Error: Invalid configuration: PAGES is missing\n/) }],
  ])
})
