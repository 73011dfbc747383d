import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { secondOf } from '../time.ts'
import {
  approvalCounter,
  type Counter,
  documentCounters,
  identityUsernameCounter,
  responseCounter,
} from './counter.ts'
import {
  actMailCounter,
  administratorMailCounter,
  changeMailCounters,
  changeRequestCounters,
  codeCounters,
  codeMailCounter,
  enrolmentMailCounter,
  knownSourceMailCounter,
  mailRequestCounters,
  noticeCounter,
  requestedMailCounters,
  signInRequestCounter,
  usernameCounter,
} from './mail-counters.ts'
import { operatorCounter } from './operator-counters.ts'

const now = new Date('2026-11-24T15:00:30Z')
const LIMIT = { attempts: 7, windowSeconds: 900 }
const MAIL = { pk: { S: 'mail#1' } }
const SOURCE = '203.0.113.7'
const RECIPIENT = `recipient#${hash('sha256', 'ada@example.com', 'base64url')}`
const DAY = 86_400

/** Partition, name, attempts and seconds of the window of each counter that a request reserves, in its order. */
type Row = [string, () => Counter | Counter[], [string, string, number, number][]]
const ROWS: Row[] = [
  [
    'a document of an app',
    () => documentCounters('ada', 'app.example', now),
    [
      ['fetches#ada', 'documents', 10, 600],
      ['host#app.example', 'documents', 60, 600],
    ],
  ],
  [
    'a response of a provider',
    () => responseCounter(SOURCE, now),
    [[`source#${SOURCE}`, 'responses', 50, 900]],
  ],
  ['an approval of an app', () => approvalCounter('ada', now), [['approvals#ada', 'approvals', 60, 600]]],
  [
    'a username that an identity tries',
    () => identityUsernameCounter('google#1', now),
    [['identity#google#1', 'usernames', 10, DAY]],
  ],
  [
    'a read of an operator',
    () => operatorCounter('ada', 'reads', LIMIT, now),
    [['admin#ada', 'reads', 7, 900]],
  ],
  [
    'a mail that a stranger requests',
    () => mailRequestCounters(SOURCE, undefined, LIMIT, now),
    [[`source#${SOURCE}`, 'mails', 7, 900]],
  ],
  [
    'a mail that a user requests after the password',
    () => mailRequestCounters(SOURCE, 'ada', LIMIT, now),
    [
      ['user#ada', `mails#${SOURCE}`, 5, 3_600],
      [`source#${SOURCE}`, 'mails#verified', 7, 900],
    ],
  ],
  [
    'a mail for a sign-in from a source',
    () => signInRequestCounter(SOURCE, LIMIT, now),
    [[`source#${SOURCE}`, 'sign-in-mails', 7, 900]],
  ],
  [
    'a mail by which a user proves a change',
    () => changeRequestCounters(SOURCE, 'ada', LIMIT, now),
    [
      ['user#ada', `change-mails#${SOURCE}`, 5, 3_600],
      [`source#${SOURCE}`, 'change-mails#verified', 7, 900],
    ],
  ],
  [
    'a mail for a new password',
    () => requestedMailCounters('Ada@example.com', true, LIMIT, now),
    [[RECIPIENT, 'mails', 7, 900]],
  ],
  [
    'another mail that anybody can request',
    () => requestedMailCounters('ada@example.com', false, LIMIT, now),
    [
      [RECIPIENT, 'mails', 7, 900],
      [RECIPIENT, 'other-mails', 6, 900],
    ],
  ],
  ['a notice', () => noticeCounter('ada@example.com', now), [[RECIPIENT, 'notices', 20, 3_600]]],
  [
    'a mail of an enrolment',
    () => enrolmentMailCounter('ada@example.com', now),
    [[RECIPIENT, 'enrolment-mails', 10, 3_600]],
  ],
  [
    'a mail with a code for a change',
    () => changeMailCounters('ada@example.com', now),
    [
      [RECIPIENT, 'change-mails', 10, 3_600],
      [RECIPIENT, 'change-codes', 20, DAY],
    ],
  ],
  [
    'a mail of an administrator',
    () => administratorMailCounter('ada@example.com', now),
    [[RECIPIENT, 'administrator-mails', 10, 3_600]],
  ],
  [
    'a notice that an operator acts as the recipient',
    () => actMailCounter('ada@example.com', now),
    [[RECIPIENT, 'act-mails', 3, DAY]],
  ],
  [
    'a mail with a code from a strange source',
    () => codeMailCounter('ada@example.com', undefined, now),
    [[RECIPIENT, 'code-mails', 20, DAY]],
  ],
  [
    'a mail with a code from a known source',
    () => codeMailCounter('ada@example.com', SOURCE, now),
    [[RECIPIENT, `code-mails#${SOURCE}`, 20, DAY]],
  ],
  [
    'a mail for a sign-in from a known source',
    () => knownSourceMailCounter('ada@example.com', SOURCE, now),
    [[RECIPIENT, `mails#${SOURCE}`, 5, 3_600]],
  ],
]

test.each(ROWS)(
  '%s has its counters, in windows that start at multiples of their length',
  (_what, counters, rows) => {
    const expected = rows.map(([pk, name, maxAttempts, windowSeconds]) => {
      const startsAt = secondOf(now) - (secondOf(now) % windowSeconds)
      return {
        key: { pk: { S: pk }, sk: { S: `${name}#${startsAt}` } },
        maxAttempts,
        endsAt: startsAt + windowSeconds,
      }
    })
    expect([counters()].flat()).toEqual(expected)
  },
)

test('tries of a code and of a username count as long as their mail lasts', () => {
  const ofMail = (name: string, maxAttempts: number, seconds: number) => ({
    key: { pk: MAIL.pk, sk: { S: name } },
    maxAttempts,
    endsAt: secondOf(now) + seconds,
  })
  const hour = secondOf(now) - (secondOf(now) % 3_600)
  const bySource = {
    key: { pk: { S: `source#${SOURCE}` }, sk: { S: `codes#${hour}` } },
    maxAttempts: 50,
    endsAt: hour + 3_600,
  }
  expect(codeCounters(MAIL, 'codes', SOURCE, now)).toEqual([ofMail('codes', 5, 3_600), bySource])
  expect(codeCounters(MAIL, 'codes-of-others', SOURCE, now)).toEqual([
    ofMail('codes-of-others', 5, 3_600),
    bySource,
  ])
  expect(usernameCounter(MAIL, now)).toEqual(ofMail('usernames', 10, 8 * DAY))
})
