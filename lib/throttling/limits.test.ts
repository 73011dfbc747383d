import { describe, expect, test } from 'vitest'
import { type Counter, countersFor, rejectIfThrottled, sourceOf } from './limits.ts'

const limits = {
  userAndSource: { failures: 5, windowSeconds: 900 },
  source: { failures: 50, windowSeconds: 900 },
  user: { failures: 100, windowSeconds: 86_400 },
}
const now = new Date(1_795_532_400_999)
const second = 1_795_532_400

test('failures are counted for a user and source, for the source and for the user', () => {
  const nothing = { failures: 0, expiresAt: 0 }
  expect(countersFor('ada', '203.0.113.7', limits)).toStrictEqual([
    {
      key: { pk: { S: 'user#ada' }, sk: { S: 'attempts#203.0.113.7' } },
      limit: limits.userAndSource,
      ...nothing,
    },
    { key: { pk: { S: 'source#203.0.113.7' }, sk: { S: 'attempts' } }, limit: limits.source, ...nothing },
    { key: { pk: { S: 'user#ada' }, sk: { S: 'attempts' } }, limit: limits.user, ...nothing },
  ])
})

describe('an attempt', () => {
  /** The three counters, each with its failures and the seconds until its window ends. */
  const counted = (...counts: [failures: number, secondsLeft: number][]): Counter[] =>
    countersFor('ada', '203.0.113.7', limits).map((counter, index) => {
      const [failures, secondsLeft] = counts[index] ?? [0, 0]
      return { ...counter, failures, expiresAt: second + secondsLeft }
    })

  test.each<[string, Counter[]]>([
    ['nothing has failed', countersFor('ada', '203.0.113.7', limits)],
    ['one less than each limit has failed', counted([4, 900], [49, 900], [99, 86_400])],
    ['the window is over in this very second', counted([5, 0], [50, 0], [100, 0])],
    ['the window is long over, though the store still has it', counted([5, -1], [50, -900], [1_000, -1])],
  ])('is allowed when %s', (_what, counters) => {
    expect(() => rejectIfThrottled(counters, now)).not.toThrow()
  })

  test.each<[string, Counter[], number]>([
    ['the fifth failure for user and source', counted([5, 900]), 900],
    ['the fiftieth failure for the source', counted([0, 0], [50, 899]), 899],
    ['the hundredth failure for the user', counted([0, 0], [0, 0], [100, 86_400]), 86_400],
    ['more failures than the limit, as parallel ones leave', counted([54, 17]), 17],
    ['the last second of the window', counted([5, 1]), 1],
    ['several limits: the last of their windows counts', counted([5, 900], [50, 30], [100, 40_000]), 40_000],
    [
      'a full window, whatever a longer one that is not full says',
      counted([5, 60], [49, 900], [99, 86_400]),
      60,
    ],
    ['a full window, whatever one that is over says', counted([5, 60], [50, -5], [100, 0]), 60],
  ])('is rejected after %s', (_what, counters, retryAfterSeconds) => {
    expect(() => rejectIfThrottled(counters, now)).toThrow(
      expect.objectContaining({ code: 'too_many_attempts', retryAfterSeconds }),
    )
  })
})

describe('the source of a request', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:A:B:C:D', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000::0001', '2001:db8:0:0::/64'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
    ['2001::2:3:4:5:6:7', '2001:0:2:3::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80:0:0:0:1:2:3:4%25', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['64:ff9b:1:2::3:192.0.2.1', '64:ff9b:1:2::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['::1:2:3:4:192.0.2.1', '0:0:1:2::/64'],
  ])('of %s is %s', (sourceIp, source) => {
    expect(sourceOf(sourceIp)).toBe(source)
  })

  test.each([
    '',
    'unknown',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.7:443',
    '203.0.113.7, 198.51.100.1',
    ' 203.0.113.7',
    '::ffff:203.0.113.256',
    '2001:db8::1::2',
    '2001:db8:1:2:3:4:5',
    '2001:db8:1:2:3:4:5:6:7',
    '[2001:db8::1]',
    'g::1',
    '%eth0',
    '#profile',
  ])('of an invalid address %j counts with all other invalid ones', (sourceIp) => {
    expect(sourceOf(sourceIp)).toBe('unknown')
  })
})
