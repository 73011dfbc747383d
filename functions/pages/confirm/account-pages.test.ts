import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MIN_CODE_POINTS } from '../../../lib/passwords/rules.ts'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler } from './account-pages.ts'

beforeEach(() => {
  vi.stubEnv('DEMO', 'off')
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
  vi.stubEnv('FEDERATION', 'off')
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

test.each(['on', 'off'])(
  'a reset offers to keep other sign-ins with FEDERATION=on only: %s',
  async (setting) => {
    vi.stubEnv('FEDERATION', setting)
    const { body } = await get('GET /confirm')
    expect(body.includes('id="keep-identities" name="keepIdentities" type="checkbox">')).toBe(
      setting === 'on',
    )
    expect(body).not.toContain('<!-- if')
  },
)
