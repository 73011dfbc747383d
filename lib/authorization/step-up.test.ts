import { describe, expect, test } from 'vitest'
import {
  acrForChange,
  requireAuthentication,
  requireStepUp,
  requireStillAllowed,
  STEP_UP_PROBLEM,
} from './step-up.ts'

const refusal = (acr: string, maxAgeSeconds: number) => ({
  code: 'invalid_token',
  message: 'the sign-in is too old or had too few factors',
  event: 'stepup.required',
  detail: 'Sign in again to continue.',
  challenge: { error: 'insufficient_user_authentication', acr_values: acr, max_age: maxAgeSeconds },
})

test('the described problem is that of a step-up', () => {
  const { detail, challenge } = refusal('aal2', 300)
  expect(STEP_UP_PROBLEM).toEqual({ detail, ...challenge })
})

const now = new Date('2026-11-24T15:00:00.999Z')

const NOW = 1_795_532_400

const by = (acr: 'aal1' | 'aal2', ageSeconds: number) => ({ acr, authTime: NOW - ageSeconds })

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
    [undefined, 'none', by('aal1', 86_400), true],
    ['', 'none', by('aal1', 86_400), true],
    ['totp', 'none', by('aal2', 300), true],
    ['totp', 'none', by('aal2', 301), false],
    ['passkey', 'none', by('aal1', 0), false],
    ['totp passkey', 'none', by('aal1', 0), false],
    [undefined, 'administrators', by('aal1', 86_400), true],
    [undefined, 'all', by('aal1', 0), false],
    ['totp', 'all', by('aal2', 300), true],
  ] as const)(
    'of a user with the factors %o, under the policy %s, by %o: passes %s',
    (factors, policy, principal, passes) => {
      const thrown = thrownBy(() => requireStepUp(principal, { factors, role: 'user' }, policy, now))
      if (passes) expect(thrown).toBeUndefined()
      else expect(thrown).toMatchObject(refusal('aal2', 300))
    },
  )
})

test('requireStepUp and requireStillAllowed cover a user who must have a second factor', () => {
  const user = { role: 'user', mustEnrol: true }
  for (const require of [requireStepUp, requireStillAllowed]) {
    const thrown = thrownBy(() => require(by('aal1', 0), user, 'none', now))
    expect(thrown).toMatchObject(refusal('aal2', 300))
  }
})

test.each([
  ['user', 'none', by('aal1', 0), true],
  ['user', 'administrators', by('aal1', 0), true],
  ['admin', 'administrators', by('aal1', 0), false],
  ['user', 'all', by('aal1', 0), false],
  ['user', 'all', by('aal2', 900), true],
] as const)(
  'a change that a %s began under the policy %s is completed by %o: %s',
  (role, policy, principal, passes) => {
    const thrown = thrownBy(() => requireStillAllowed(principal, { role }, policy, now))
    if (passes) expect(thrown).toBeUndefined()
    else expect(thrown).toMatchObject(refusal('aal2', 300))
  },
)

test('a sign-in with two factors counts as one at a change of the account for five minutes', () => {
  const acrs = [by('aal2', 300), by('aal2', 301), by('aal1', 0)].map((one) => acrForChange(one, now))
  expect(acrs).toEqual(['aal2', 'aal1', 'aal1'])
})
