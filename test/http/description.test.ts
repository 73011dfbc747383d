import { readFileSync } from 'node:fs'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { expect, inject, test } from 'vitest'
import * as z from 'zod/mini'
import { describeApi } from '../../lib/openapi/document.ts'
import { GATEWAY_PROBLEMS } from '../../lib/openapi/responses.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { SCHEMAS } from '../../lib/openapi/schemas.ts'
import { brokenPasswordRule } from '../../lib/passwords/rules.ts'
import { gatewayAnswers } from '../../local/gateway-rules.ts'
import { get, postLogin } from '../support/http.ts'
import { expectDescribed } from '../support/openapi/check.ts'
import { operationsOf } from '../support/openapi/document.ts'
import { describeService, resourcesOf, root } from '../support/service-description.ts'

const serviceUrl = inject('serviceUrl')
const service = describeService()
const PROD = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod'
const document = describeApi(PROD, true)
const answers = gatewayAnswers(resourcesOf(service))

test('GET /openapi.json gives the description to everybody, with the address it was asked at', async () => {
  const { body, ...answer } = await get(`${serviceUrl}/openapi.json`)
  expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(describeApi(serviceUrl, true))))
  expect(answer).toEqual({
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
})

test.each([
  ['with the pages', true],
  ['without them', false],
])('the description %s is OpenAPI 3.1 without a fault or a warning by strict rules', async (_, hasPages) => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const source = JSON.stringify(describeApi(PROD, hasPages))
  expect(await lintFromString({ source, config })).toEqual([])
})

test('the routes that are described are those of serverless.yml, with the same ones protected', () => {
  const there = Object.values(service.functions)
    .flatMap(({ events = [] }) => events)
    .map(({ http }) => ({
      route: `${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`,
      isProtected: http.authorizer !== undefined,
    }))
  const told = operationsOf(document).map(({ method, path, security }) => ({
    route: `${method} ${path}`,
    isProtected: security.length > 0,
  }))
  const sorted = (routes: typeof told) => routes.sort((a, b) => a.route.localeCompare(b.route))
  expect(sorted(told)).toEqual(sorted(there))
})

test('the description tells of the pages where they are, and nowhere else', () => {
  const { tags, paths } = describeApi(PROD, false)
  const pages = ['/docs', '/docs/{file}', '/signin', '/signin/{file}']
  expect(Object.keys(document.paths).filter((path) => !(path in paths))).toEqual(pages)
  expect(tags.map(({ name }) => name)).not.toContain('Pages')
})

test('the version that is described is that of the package', () => {
  const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  expect(document.info).toMatchObject({ title: name, version })
})

test('a body with a member that is not described is no body, while answers may get new members', () => {
  const closed = Object.entries(SCHEMAS).filter(([, schema]) =>
    JSON.stringify(schema).includes('"additionalProperties":false'),
  )
  const bodies = ['LoginRequest', 'LogoutRequest', 'PasswordChangeRequest', 'RefreshRequest']
  expect(closed.map(([name]) => name).sort()).toEqual(bodies)
})

const bodies = ROUTES.flatMap(({ path, body }) =>
  Object.values(body?.examples ?? {}).map(({ summary, value }) => ({
    path,
    summary,
    value,
    schema: body?.schema,
  })),
)

test.each(bodies)('what $path is shown with, for $summary, is valid', ({ value, schema }) => {
  expect(schema && z.safeParse(schema, value).error).toBeUndefined()
  if ('newPassword' in value) expect(brokenPasswordRule(String(value.newPassword), 'user')).toBeUndefined()
})

test.each(bodies.filter(({ path }) => path === '/login'))(
  '$summary that /login is shown with signs in',
  async ({ value }) => {
    expect((await postLogin(serviceUrl, JSON.stringify(value))).status).toBe(200)
  },
)

test('what the gateway alone says is described word for word', () => {
  const said = (type: string) => JSON.parse(answers.get(type)?.body ?? '{}')
  const { request_refused, throttled } = GATEWAY_PROBLEMS
  const { status: _, ...refused } = request_refused
  expect(said('DEFAULT_4XX')).toEqual({ type: 'about:blank', ...refused })
  expect(said('THROTTLED')).toEqual({ type: 'about:blank', ...throttled })
})

// Nothing but a deployed gateway lets too many requests wait, so its answer is taken from what is deployed.
test.each(
  operationsOf(document).map((operation) => [`${operation.method} ${operation.path}`, operation] as const),
)('%s may be answered by the gateway that there are too many requests', (_, { method, path }) => {
  const { status = 0, headers = {}, body = '' } = answers.get('THROTTLED') ?? {}
  expectDescribed({ method, url: path, status, headers, body })
})
