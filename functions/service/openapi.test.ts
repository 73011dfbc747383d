import { afterEach, expect, test, vi } from 'vitest'
import { describeApi } from '../../lib/openapi/document.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/lambda.ts'
import { handler } from './openapi.ts'

const stage = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test.each([
  ['on', true],
  ['off', false],
])('GET /openapi.json returns the description, with pages %s', async (PAGES, hasPages) => {
  vi.stubEnv('PAGES', PAGES)
  expect(parsed(await handler(sampleEvent('openapi.json'), lambdaContext()))).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body: JSON.parse(JSON.stringify(describeApi(stage, hasPages))),
  })
})

test('returns 500 when PAGES is missing, and logs its name', async () => {
  vi.stubEnv('PAGES', '')
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const { statusCode } = await handler(sampleEvent('openapi.json'), lambdaContext())
  expect(statusCode).toBe(500)
  const record = { event: 'request.crashed', code: 'internal', reason: 'unexpected error' }
  expect(error.mock.calls).toEqual([
    [{ ...record, cause: expect.stringMatching(/^Error: Invalid configuration: PAGES is missing\n/) }],
  ])
})
