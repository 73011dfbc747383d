import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MIN_CODE_POINTS } from '../../../lib/passwords/rules.ts'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler as federated } from '../federation/account-pages.ts'
import { handler } from './account-pages.ts'

beforeEach(() => {
  vi.stubEnv('DEMO', 'off')
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const get = (sample: string) => handler(sampleEvent(sample), lambdaContext())

test.each(['account-pages', 'GET /forgot', 'GET /confirm'])(
  'the page of %s asks for a new password by the rules, and lets password managers fill it',
  async (sample) => {
    const { body } = await get(sample)
    expect(body).toContain(`At least ${MIN_CODE_POINTS} characters`)
    expect(body).toContain('type="password" autocomplete="new-password" required>')
    expect(body.match(/type="password"/g)?.length).toBe(body.match(/autocomplete="new-password"/g)?.length)
  },
)

test.each([
  ['with', federated],
  ['without', handler],
])('a reset offers to keep other sign-ins only in a service with them: %s them', async (which, pages) => {
  const { body } = await pages(sampleEvent('GET /confirm'), lambdaContext())
  expect(body.includes('id="keep-identities" name="keepIdentities" type="checkbox">')).toBe(which === 'with')
  expect(body).not.toContain('<!-- if')
  const [, file = ''] = /src="confirm\/([^"]+)"/.exec(body) ?? []
  const sample = sampleEvent('GET /confirm')
  const script = await pages({ ...sample, pathParameters: { file } }, lambdaContext())
  expect(script.body.includes('keepIdentities')).toBe(which === 'with')
})
