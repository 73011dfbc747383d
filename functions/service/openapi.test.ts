import { afterEach, expect, test, vi } from 'vitest'
import { describeApi } from '../../lib/openapi/document.ts'
import type { Feature } from '../../lib/openapi/route.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/lambda.ts'
import { handler } from './openapi.ts'

const stage = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev'

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
  vi.stubEnv('PAGES', pages)
  vi.stubEnv('MAILER', mailer)
  vi.stubEnv('REGISTRATION', registration)
  expect(parsed(await handler(sampleEvent('openapi.json'), lambdaContext()))).toEqual({
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

test('returns 500 when PAGES is missing, and logs its name', async () => {
  vi.stubEnv('PAGES', '')
  vi.stubEnv('OAUTH', 'off')
  vi.stubEnv('REGISTRATION', 'off')
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const { statusCode } = await handler(sampleEvent('openapi.json'), lambdaContext())
  expect(statusCode).toBe(500)
  const record = { event: 'request.crashed', code: 'internal', reason: 'unexpected error' }
  expect(error.mock.calls).toEqual([
    [{ ...record, cause: expect.stringMatching(/^Error: Invalid configuration: PAGES is missing\n/) }],
  ])
})
