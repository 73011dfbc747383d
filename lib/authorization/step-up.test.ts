import { describe, expect, test } from 'vitest'
import { requireAuthentication, requireStepUp } from './step-up.ts'

const now = new Date('2026-11-24T15:00:00.999Z')
const NOW = 1_795_532_400
const by = (acr: 'aal1' | 'aal2', ageSeconds: number) => ({ acr, authTime: NOW - ageSeconds })

const refusal = (acr: string, maxAgeSeconds: number) => ({
  code: 'invalid_token',
  event: 'stepup.required',
  detail: 'Sign in again to continue.',
  challenge: { error: 'insufficient_user_authentication', acr_values: acr, max_age: maxAgeSeconds },
})

/** Returns what a call throws, or `undefined`. */
function thrownBy(call: () => void): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

describe('requireAuthentication', () => {
  test.each([
    ['aal1', 600, by('aal1', 600), true],
    ['aal1', 600, by('aal1', 601), false],
    ['aal1', 600, by('aal2', 600), true],
    ['aal1', 600, by('aal2', 601), false],
    ['aal2', 600, by('aal2', 600), true],
    ['aal2', 600, by('aal2', 601), false],
    ['aal2', 600, by('aal1', 0), false],
    ['aal2', 0, by('aal2', 0), true],
    ['aal2', 0, by('aal2', 1), false],
    // The clock of the machine that signed may be ahead.
    ['aal2', 600, by('aal2', -4), true],
  ] as const)('demands %s of the last %i s, of %o: passes %s', (acr, maxAgeSeconds, principal, passes) => {
    const thrown = thrownBy(() => requireAuthentication(principal, { acr, maxAgeSeconds }, now))
    if (passes) expect(thrown).toBeUndefined()
    else expect(thrown).toMatchObject(refusal(acr, maxAgeSeconds))
  })
})

describe('requireStepUp', () => {
  test.each([
    [undefined, by('aal1', 86_400), true],
    ['', by('aal1', 86_400), true],
    ['totp', by('aal2', 300), true],
    ['totp', by('aal2', 301), false],
    ['passkey', by('aal1', 0), false],
    ['totp passkey', by('aal1', 0), false],
  ])('of a user with the factors %o, by %o: passes %s', (factors, principal, passes) => {
    const thrown = thrownBy(() => requireStepUp(principal, { factors }, now))
    if (passes) expect(thrown).toBeUndefined()
    else expect(thrown).toMatchObject(refusal('aal2', 300))
  })
})
