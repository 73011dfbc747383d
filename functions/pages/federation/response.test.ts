import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler as withoutProviders } from '../signin/signin.ts'
import { handler } from './signin.ts'

beforeEach(() => {
  for (const [name, value] of Object.entries({ DEMO: 'off', SERVICE_NAME: 'Acme Shop', OAUTH: 'off' }))
    vi.stubEnv(name, value)
  for (const name of ['MAILER', 'OWN_ROUTES']) vi.stubEnv(name, '')
  vi.stubEnv('REGISTRATION', 'off')
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

test.each([
  { MAILER: 'mailer', REGISTRATION: 'open', parts: ['identity-mail-form', 'identity-form'] },
  { MAILER: '', REGISTRATION: 'open', parts: ['identity-form', 'this service sends no mails'] },
  { MAILER: 'mailer', REGISTRATION: 'invite', parts: [] },
])('with MAILER=$MAILER and REGISTRATION=$REGISTRATION, a new identity gets $parts', async (settings) => {
  const { parts, ...environment } = settings
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const { body } = await handler(sampleEvent('signin'), lambdaContext())
  const all = ['identity-mail-form', 'identity-form', 'this service sends no mails']
  expect(all.filter((part) => body.includes(part))).toEqual(parts)
  expect(body.match(/id="identity-address"/g)?.length ?? 0).toBe(parts.length > 0 ? 1 : 0)
  expect(body).not.toContain('<!-- if')
})

test('without sign-in by other providers there is no page, and nothing of it on the others or in their scripts', async () => {
  vi.spyOn(console, 'info').mockReturnValueOnce()
  expect((await withoutProviders(eventAt('google'), lambdaContext())).statusCode).toBe(404)
  for (const path of ['signin', 'GET /account'] as const) {
    const { body } = await withoutProviders(sampleEvent(path), lambdaContext())
    const files = [...body.matchAll(/(?:href|src)="signin\/([^"]+)"/g)].map(([, file = '']) => file)
    expect(files.map((file) => file.replace(/-[0-9a-f]{16}/, ''))).toEqual([
      'plain.css',
      path === 'signin' ? 'plain.js' : 'account.js',
    ])
    const texts = await Promise.all(
      files.map(async (file) => (await withoutProviders(eventAt(file), lambdaContext())).body),
    )
    for (const text of [body, ...texts]) expect(text).not.toMatch(/federat|provider|identit/i)
  }
})
