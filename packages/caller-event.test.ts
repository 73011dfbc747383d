import { expect, onTestFinished, test, vi } from 'vitest'

test('callerEvent has the defaults of attributes with a claim, and the values that a test gives', async () => {
  const { attributesOf } = await configured({
    plan: { type: 'string', values: ['free', 'pro'], default: 'free', claim: 'n:plan' },
    seats: { type: 'number', claim: 'n:seats' },
    note: { type: 'string', default: 'none' },
  })
  expect(attributesOf()).toEqual({ plan: 'free' })
  expect(attributesOf({ plan: 'pro' })).toEqual({ plan: 'pro' })
  expect(attributesOf({ seats: 2 })).toEqual({ plan: 'free', seats: 2 })
})

/** Loads the helper of tests and `principalOf` for an application with attributes. */
async function configured(attributes: object) {
  vi.resetModules()
  vi.doMock('../auth.config.ts', () => ({ default: { roles: ['user'], administrators: [], attributes } }))
  onTestFinished(() => {
    vi.doUnmock('../auth.config.ts')
    vi.resetModules()
  })
  const { callerEvent } = await import('./serverless-jwt-auth/test.ts')
  const { principalOf } = await import('../lib/authorization/principal.ts')
  const attributesOf = (given = {}) =>
    principalOf(callerEvent({ role: 'user', attributes: given }), new Date()).attributes
  return { attributesOf }
}
