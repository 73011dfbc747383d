import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler } from '../signin/signin.ts'

beforeEach(() => {
  for (const [name, value] of Object.entries({ DEMO: 'off', SERVICE_NAME: 'Acme Shop', OAUTH: 'off' }))
    vi.stubEnv(name, value)
  for (const name of ['MAILER', 'OWN_ROUTES']) vi.stubEnv(name, '')
  vi.stubEnv('REGISTRATION', 'off')
  vi.stubEnv('FEDERATION', 'on')
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }
const eventAt = (file: string, body: string | null = null) => {
  const event = sampleEvent('GET /signin/{file}')
  const requestContext = { ...event.requestContext, path: `/dev/signin/${file}` }
  const form = body === null ? {} : { httpMethod: 'POST', body, headers: { ...event.headers, ...TYPE } }
  return { ...event, requestContext, pathParameters: { file }, ...form }
}
const open = async (file: string, form?: string) => handler(eventAt(file, form), lambdaContext())
const formIn = (body: string) => /data-form="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')

test('the page that a provider leads to is small, and no cache stores it', async () => {
  const { statusCode, headers, body } = await open('google')
  expect({ statusCode, headers }).toMatchObject({
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': expect.stringContaining("frame-ancestors 'none'"),
      'Referrer-Policy': 'no-referrer',
    },
  })
  expect(formIn(body)).toBe('')
  const [, script = ''] = /src="\.\/(response-[^"]+)"/.exec(body) ?? []
  const file = await open(script)
  expect(file.statusCode).toBe(200)
  expect(file.body.length).toBeLessThan(1_800)
})

test.each([
  ['what the service needs', 'code=a&state=b', 'code=a&state=b'],
  ['no name of the user', 'state=b&code=a&user=%7B%22name%22%3A%22Ada%22%7D', 'state=b&code=a'],
  ['repeated parameters, so that the service rejects them', 'state=a&state=b', 'state=a&state=b'],
  ['a text that would end the attribute', 'error=%22%3E%3Cscript%3E', 'error=%22%3E%3Cscript%3E'],
  ['nothing of a form over 4 KiB', `code=${'a'.repeat(4_096)}`, ''],
])('the page takes from a form %s', async (_what, form, taken) => {
  expect(formIn((await open('apple', form)).body)).toBe(taken)
})

test.each(['Google', 'a', 'page.js', 'google.html', '1a', 'a'.repeat(33)])(
  'there is no page %s',
  async (name) => {
    vi.spyOn(console, 'info').mockReturnValueOnce()
    expect((await open(name)).statusCode).toBe(404)
  },
)

test('without sign-in by other providers there is no page, and nothing of it on the others', async () => {
  vi.spyOn(console, 'info').mockReturnValueOnce()
  vi.stubEnv('FEDERATION', 'off')
  expect((await open('google')).statusCode).toBe(404)
  for (const path of ['signin', 'GET /account'] as const) {
    const { body } = await handler(sampleEvent(path), lambdaContext())
    expect(body).not.toMatch(/federation|provider|identit/i)
  }
})
