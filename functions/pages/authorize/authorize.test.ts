import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler } from './authorize.ts'

beforeEach(() => {
  vi.stubEnv('DEMO', 'off')
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const EVENT = sampleEvent('POST /oauth2/authorize')

const send = (changes: object = {}) => handler({ ...EVENT, ...changes }, lambdaContext())
const form = (body: string) => ({ body, isBase64Encoded: false })

test('a form leads to the page, with the form as its query', async () => {
  const { statusCode, headers, body } = await send(form('client_id=shop&state=a+b%26c'))
  expect([statusCode, body]).toEqual([303, ''])
  expect(headers).toMatchObject({
    Location: 'authorize?client_id=shop&state=a+b%26c',
    'Cache-Control': 'no-store',
  })
  // Also under the path of a stage.
  const from = 'https://api.example/dev/oauth2/authorize'
  expect(new URL(String(headers?.Location), from).href).toBe(`${from}?client_id=shop&state=a+b%26c`)
})

test('a form in base64 leads to the page too', async () => {
  const body = Buffer.from('client_id=shop').toString('base64')
  const { headers } = await send({ body, isBase64Encoded: true })
  expect(headers).toMatchObject({ Location: 'authorize?client_id=shop' })
})

test('a form that makes a query of 4 KiB leads to the page with it, and a longer one without', async () => {
  const longest = `state=${'a'.repeat(4_089)}`
  expect((await send(form(longest))).headers).toMatchObject({ Location: `authorize?${longest}` })
  expect((await send(form(`${longest}a`))).headers).toMatchObject({ Location: 'authorize' })
})

test.each<[string, object]>([
  ['a line break', form('a=b\r\nSet-Cookie: a=b')],
  ['a space', form('a=b c')],
  ['a fragment', form('a=b#c')],
  ['a character outside ASCII', form('a=ä')],
  ['JSON', { headers: { 'Content-Type': 'application/json' } }],
  ['several parts', { headers: { 'Content-Type': 'multipart/form-data; boundary=a' } }],
  ['no content type', { headers: {} }],
])('a body with %s leads to the page without a query', async (_what, changes) => {
  const { statusCode, headers } = await send(changes)
  expect([statusCode, headers?.Location]).toEqual([303, 'authorize'])
})

test('the page says that it needs JavaScript, and works in no frame', async () => {
  const { body, headers } = await handler(sampleEvent('authorize'), lambdaContext())
  expect(body).toContain('<noscript><p class="notice error">This page needs JavaScript.</p></noscript>')
  expect(String(headers?.['Content-Security-Policy'])).toContain("frame-ancestors 'none'")
  expect(body).toContain('<meta name="robots" content="noindex">')
})

/** Returns the page of a sign-out by a form. */
const sent = async (text: string) =>
  (await handler({ ...sampleEvent('POST /oauth2/logout'), ...form(text) }, lambdaContext())).body

test('the page of a sign-out has its form as text, which ends no attribute', async () => {
  expect(await sent('state="><b>')).toContain('data-form="?state=&quot;>&lt;b>"')
})

test('a sign-out by a form that cannot be sent on is refused, also if it has the name of a file', async () => {
  expect(await sent('authorize/page.css')).toContain('data-form="?authorize/page.css"')
  for (const text of ['state=a b', `state=${'a'.repeat(4_090)}`]) {
    expect(await sent(text)).toContain('data-form="?form=&amp;form="')
  }
})
