import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MIN_CODE_POINTS } from '../../../lib/passwords/rules.ts'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler } from './signin.ts'

beforeEach(() => {
  vi.stubEnv('DEMO', 'off')
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
  vi.stubEnv('OAUTH', 'on')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test.each([
  { MAILER: '', REGISTRATION: 'open', links: [] },
  { MAILER: 'mailer', REGISTRATION: 'off', links: ['forgot'] },
  { MAILER: 'mailer', REGISTRATION: 'invite', links: ['forgot'] },
  { MAILER: 'mailer', REGISTRATION: 'open', links: ['forgot', 'register'] },
])('the page links to $links with MAILER=$MAILER and REGISTRATION=$REGISTRATION', async (settings) => {
  const { links, ...environment } = settings
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const { body } = await handler(sampleEvent('signin'), lambdaContext())
  expect([...body.matchAll(/<a href="(forgot|register)">/g)].map(([, link]) => link)).toEqual(links)
  expect(body).not.toContain('<!--')
})

test.each([
  { MAILER: '', parts: [] },
  { MAILER: 'mailer', parts: ['change-email'] },
])('the account page has $parts with MAILER=$MAILER', async ({ MAILER, parts }) => {
  vi.stubEnv('MAILER', MAILER)
  vi.stubEnv('REGISTRATION', 'off')
  const { body } = await handler(sampleEvent('GET /account'), lambdaContext())
  const optional = /id="(change-email|email-form|code-form)"|href="(forgot|mailbox)"/g
  expect([...body.matchAll(optional)].flatMap(([, id = []]) => id)).toEqual(
    parts.flatMap((part) => [part, 'email-form', 'code-form']),
  )
  expect(/href="(forgot|mailbox)"/.test(body)).toBe(parts.length > 0)
  expect(body).toContain(`At least ${MIN_CODE_POINTS} characters`)
  expect(body).not.toContain('<!-- if')
  // There is one language.
  expect(body).not.toContain('change-language')
})

test.each([
  { AUTH_ALLOWED_ORIGINS: '', content: '' },
  { AUTH_ALLOWED_ORIGINS: '*', content: '' },
  {
    AUTH_ALLOWED_ORIGINS: 'https://app.example,https://b.example',
    content: 'https://app.example https://b.example',
  },
])(
  'the sign-in page may lead to "$content" with AUTH_ALLOWED_ORIGINS=$AUTH_ALLOWED_ORIGINS',
  async (setting) => {
    vi.stubEnv('AUTH_ALLOWED_ORIGINS', setting.AUTH_ALLOWED_ORIGINS)
    vi.stubEnv('MAILER', '')
    vi.stubEnv('REGISTRATION', 'off')
    const { body } = await handler(sampleEvent('signin'), lambdaContext())
    expect(body).toContain(`<meta name="allowed-origins" content="${setting.content}">`)
  },
)

test.each(['on', 'off'])('the account page has a list of apps with OAUTH=on only: %s', async (OAUTH) => {
  for (const [name, value] of Object.entries({ OAUTH, MAILER: '', REGISTRATION: 'off' }))
    vi.stubEnv(name, value)
  const { body } = await handler(sampleEvent('GET /account'), lambdaContext())
  expect(body.includes('id="apps"')).toBe(OAUTH === 'on')
})

test('the well-known address leads to the account under the path of a stage too', async () => {
  const { statusCode, headers } = await handler(
    sampleEvent('GET /.well-known/change-password'),
    lambdaContext(),
  )
  expect(statusCode).toBe(302)
  const from = 'https://api.example/dev/.well-known/change-password'
  expect(new URL(String(headers?.Location), from).href).toBe(
    'https://api.example/dev/account#change-password',
  )
})
