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
    expect(faultsOfPolicy({ requireSecondFactor }, { administrators }, 'prod')).toEqual(faults)
  },
)

test.each([
  ['prod', 'none', 1],
  ['dev', 'none', 0],
  ['prod', 'administrators', 0],
  ['prod', 'all', 0],
] as const)(
  'the console of stage %s with requireSecondFactor=%s has %i fault',
  (stage, requireSecondFactor, count) => {
    const fault = 'console=on needs requireSecondFactor=administrators or all.'
    const faults = faultsOfPolicy(
      { console: 'on', requireSecondFactor },
      { administrators: ['admin'] },
      stage,
    )
    expect(faults).toEqual(count === 0 ? [] : [fault])
  },
)
