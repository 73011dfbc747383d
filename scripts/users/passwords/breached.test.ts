import { expect, test } from 'vitest'
import { breachesOf } from './breached.ts'

const API = new URL('https://api.pwnedpasswords.com/range/')

test.each([
  ['a stage', { stage: 'prod' }, {}, API],
  ['a stage with off', { stage: 'prod' }, { BREACHED_PASSWORDS: 'off' }, undefined],
  ['the local service', {}, {}, undefined],
  ['the local service with on', {}, { BREACHED_PASSWORDS: 'on' }, API],
])('passwords of %s are checked as in the service', (_what, target, env, api) => {
  expect(breachesOf(target, env)).toEqual(api)
})
