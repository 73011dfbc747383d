import { afterEach, expect, test, vi } from 'vitest'
import { describeApi } from '../../lib/openapi/document.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/lambda.ts'

const stage = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

test.each([
  ['on', true],
  ['off', false],
])('GET /openapi.json, with pages %s, is the whole description', async (PAGES, hasPages) => {
  vi.stubEnv('PAGES', PAGES)
  const { handler } = await import('./openapi.ts')
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

test('a function that is not told whether there are pages does not start', async () => {
  vi.stubEnv('PAGES', '')
  await expect(import('./openapi.ts')).rejects.toThrow('PAGES is missing')
})
