import { expect, test } from 'vitest'
import { faultsOfLogs } from './logs.ts'

test('a function cannot change the log group that it shares', () => {
  const own = { logs: { logGroup: '/own' }, logRetentionInDays: 1 }
  expect(
    faultsOfLogs(
      { own, plain: {}, short: { logs: { logGroup: '/shared' }, logRetentionInDays: 1 } },
      '/shared',
    ),
  ).toEqual([
    'Function short has logRetentionInDays, but shares its log group. Name one of its own in logs.logGroup.',
  ])
})
