import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { INVITATION_TTL_SECONDS } from '../mail/confirmation.ts'
import type { Subject } from './counter.ts'
import { challengeCounters, setupTriesCounter, totpCounter } from './factor-counters.ts'
import { furtherCounters, knownSourceKey, type Limits, pairCounter } from './limits.ts'
import {
  actMailCounter,
  administratorMailCounter,
  codeCounters,
  codeMailCounter,
  enrolmentMailCounter,
  mailRequestCounters,
  noticeCounter,
  requestedMailCounters,
  usernameCounter,
} from './mail-counters.ts'
import { sourceOf, truncatedSource } from './source.ts'

const limits: Limits = {
  LIMIT_USER_AND_SOURCE: { attempts: 10, windowSeconds: 900 },
  LIMIT_SOURCE: { attempts: 50, windowSeconds: 1_800 },
  LIMIT_KNOWN_SOURCE: { attempts: 500, windowSeconds: 3_600 },
  LIMIT_USER: { attempts: 100, windowSeconds: 86_400 },
  LIMIT_USER_AND_KNOWN_SOURCE: { attempts: 101, windowSeconds: 43_200 },
}
const now = new Date('2026-11-24T15:47:12.999Z')
const at = (time: string) => Date.parse(`2026-11-24T${time}Z`) / 1000
const midnight = at('00:00:00')
const source = '203.0.113.7'

describe.each<[string, Subject, string]>([
  ['a login name', { loginName: 'ada' }, 'name#ada'],
  ['a login name that is an address', { loginName: 'ada@example.com' }, 'name#ada@example.com'],
  ['a user id', { userId: 'AAAAAAAAAAAAAAAAAAAAAA' }, 'user#AAAAAAAAAAAAAAAAAAAAAA'],
])('attempts for %s', (_what, subject, partition) => {
  test('are counted together with the source first', () => {
    expect(pairCounter(subject, source, limits, now)).toStrictEqual({
      key: { pk: { S: partition }, sk: { S: `attempts#203.0.113.7#${at('15:45:00')}` } },
      maxAttempts: 10,
      endsAt: at('16:00:00'),
    })
  })

  test('are counted for the source and for all unknown sources next', () => {
    expect(furtherCounters(subject, { source, isKnown: false }, limits, now)).toStrictEqual([
      {
        key: { pk: { S: 'source#203.0.113.7' }, sk: { S: `attempts#${at('15:30:00')}` } },
        maxAttempts: 50,
        endsAt: at('16:00:00'),
      },
      {
        key: { pk: { S: partition }, sk: { S: `attempts#${midnight}` } },
        maxAttempts: 100,
        endsAt: midnight + 86_400,
      },
    ])
  })

  test('are counted apart from strangers if the source is known', () => {
    expect(furtherCounters(subject, { source, isKnown: true }, limits, now)).toStrictEqual([
      {
        key: { pk: { S: 'source#203.0.113.7' }, sk: { S: `attempts#known#${at('15:00:00')}` } },
        maxAttempts: 500,
        endsAt: at('16:00:00'),
      },
      {
        key: { pk: { S: partition }, sk: { S: `attempts#known#203.0.113.7#${at('12:00:00')}` } },
        maxAttempts: 101,
        endsAt: midnight + 86_400,
      },
    ])
  })
})

test.each([
  ['15:45:00.000', '15:45:00', '16:00:00'],
  ['15:59:59.999', '15:45:00', '16:00:00'],
  ['16:00:00.000', '16:00:00', '16:15:00'],
  ['16:00:00.999', '16:00:00', '16:15:00'],
])('at %s the window lasts from %s to %s', (time, start, end) => {
  const { key, endsAt } = pairCounter({ loginName: 'ada' }, source, limits, new Date(`2026-11-24T${time}Z`))
  expect({ sk: key.sk.S, endsAt }).toStrictEqual({
    sk: `attempts#203.0.113.7#${at(start)}`,
    endsAt: at(end),
  })
})

test('a window that does not divide a day is a multiple of its length since the epoch', () => {
  const odd = { ...limits, LIMIT_USER_AND_SOURCE: { attempts: 1, windowSeconds: 1_000 } }
  const counter = pairCounter({ loginName: 'ada' }, source, odd, new Date(1_795_532_999_999))
  expect(counter).toMatchObject({
    key: { sk: { S: 'attempts#203.0.113.7#1795532000' } },
    endsAt: 1_795_533_000,
  })
})

test('challenges are counted for the source, and after a password for the user there first', () => {
  const counterOf = (pk: string, name: string, maxAttempts: number) => ({
    key: { pk: { S: pk }, sk: { S: `${name}#${at('15:45:00')}` } },
    maxAttempts,
    endsAt: at('16:00:00'),
  })
  expect(challengeCounters(source, undefined, now)).toStrictEqual([
    counterOf('source#203.0.113.7', 'challenges', 300),
  ])
  expect(challengeCounters(source, 'user#AAAA', now)).toStrictEqual([
    counterOf('user#AAAA', 'challenges#203.0.113.7', 30),
    counterOf('source#203.0.113.7', 'challenges#verified', 300),
  ])
})

describe('mails', () => {
  const limit = { attempts: 3, windowSeconds: 3_600 }
  const hour = at('15:00:00')
  const counterOf = (pk: string, name: string, maxAttempts: number) => ({
    key: { pk: { S: pk }, sk: { S: `${name}#${hour}` } },
    maxAttempts,
    endsAt: hour + 3_600,
  })
  const partition = `recipient#${createHash('sha256').update('ada@example.org').digest('base64url')}`

  test('are counted for the source that asks for them, and after a password for the user there first', () => {
    expect(mailRequestCounters(source, undefined, limit, now)).toStrictEqual([
      counterOf('source#203.0.113.7', 'mails', 3),
    ])
    expect(mailRequestCounters(source, 'AAAA', limit, now)).toStrictEqual([
      counterOf('user#AAAA', 'mails#203.0.113.7', 5),
      counterOf('source#203.0.113.7', 'mails#verified', 3),
    ])
  })

  test.each(['ada@example.org', 'Ada@EXAMPLE.org'])('are counted for the recipient %s', (address) => {
    const mails = counterOf(partition, 'mails', 3)
    expect(requestedMailCounters(address, true, limit, now)).toStrictEqual([mails])
    const others = counterOf(partition, 'other-mails', 2)
    expect(requestedMailCounters(address, false, limit, now)).toStrictEqual([mails, others])
    expect(noticeCounter(address, now)).toStrictEqual(counterOf(partition, 'notices', 20))
    expect(enrolmentMailCounter(address, now)).toStrictEqual(counterOf(partition, 'enrolment-mails', 10))
    expect(administratorMailCounter(address, now)).toStrictEqual(
      counterOf(partition, 'administrator-mails', 10),
    )
    expect(actMailCounter(address, now)).toStrictEqual({
      key: { pk: { S: partition }, sk: { S: `act-mails#${midnight}` } },
      maxAttempts: 3,
      endsAt: midnight + 86_400,
    })
    expect(codeMailCounter(address, undefined, now)).toStrictEqual({
      key: { pk: { S: partition }, sk: { S: `code-mails#${midnight}` } },
      maxAttempts: 20,
      endsAt: midnight + 86_400,
    })
  })

  test('that choose no password are at least one', () => {
    const counters = requestedMailCounters('ada@example.org', false, { ...limit, attempts: 1 }, now)
    expect(counters.map(({ maxAttempts }) => maxAttempts)).toEqual([1, 1])
  })
})

test('tries are counted for a mail for longer than its code or link is valid', () => {
  const mail = { pk: { S: 'mail#hash' } }
  const nowSeconds = Math.floor(now.getTime() / 1_000)
  const [codes, ofSource] = codeCounters(mail, 'codes', source, now)
  expect(codes).toMatchObject({ key: { pk: mail.pk, sk: { S: 'codes' } }, maxAttempts: 5 })
  expect(codes.endsAt - nowSeconds).toBeGreaterThan(600)
  expect(ofSource).toMatchObject({
    key: { pk: { S: `source#${source}` }, sk: { S: expect.stringMatching(/^codes#\d+$/) } },
    maxAttempts: 50,
  })
  const usernames = usernameCounter(mail, now)
  expect(usernames).toMatchObject({ key: { pk: mail.pk, sk: { S: 'usernames' } }, maxAttempts: 10 })
  expect(usernames.endsAt - nowSeconds).toBeGreaterThan(INVITATION_TTL_SECONDS)
})

test('codes of an authenticator app are counted by user and day', () => {
  expect(totpCounter('AAAA', now)).toStrictEqual({
    key: { pk: { S: 'user#AAAA' }, sk: { S: `attempts#totp#${midnight}` } },
    maxAttempts: 20,
    endsAt: midnight + 86_400,
  })
})

test('codes for a setup are counted as long as the setup lasts', () => {
  expect(setupTriesCounter('AAAA', midnight)).toStrictEqual({
    key: { pk: { S: 'user#AAAA' }, sk: { S: `totp-tries#${midnight}` } },
    maxAttempts: 10,
    endsAt: midnight,
  })
})

test('the mark of a known source belongs to the login name', () => {
  expect(knownSourceKey('ada', '2001:db8:1:2::/64')).toStrictEqual({
    pk: { S: 'name#ada' },
    sk: { S: 'known#2001:db8:1:2::/64' },
  })
})

test.each([
  ['203.0.113.7', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['0.0.0.0', '0.0.0.0/24'],
  ['2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['2001:db8:0:0::/64', '2001:db8:0::/48'],
  ['0:0:0:0::/64', '0:0:0::/48'],
  ['unknown', 'unknown'],
])('logs show the source %s as %s', (whole, truncated) => {
  expect(truncatedSource(whole)).toBe(truncated)
})

describe('the source of a request', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:198.51.100.77', '198.51.100.77'],
    ['1::ffff:203.0.113.7', '1:0:0:0::/64'],
    ['::ffff:203.0.113.7%eth0', '0:0:0:0::/64'],
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
    ['a:b:c::1:2:3:4%eth0.1', 'a:b:c:0::/64'],
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
