import { expect, test } from 'vitest'
import { faultsOfPolicy } from './factor-policy.ts'

const NO_EFFECT =
  'The parameter requireSecondFactor=administrators has no effect, because administrators in auth.config.ts is empty. Name the roles there, or set all or none.'

test.each([
  ['administrators', [], [NO_EFFECT]],
  ['administrators', ['admin'], []],
  ['all', [], []],
  ['none', [], []],
] as const)(
  'requireSecondFactor=%s with administrators %j gives %j',
  (requireSecondFactor, administrators, faults) => {
    expect(faultsOfPolicy({ requireSecondFactor }, { administrators })).toEqual(faults)
  },
)
