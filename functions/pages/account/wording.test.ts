import { describe, expect, test } from 'vitest'

interface Shown {
  type: string
  by?: string
  changes?: string[]
  detail?: string
  ref?: string
  failures?: number | undefined
}

/** As a module: handlers import files of pages as text. */
const moduleOf = (path: string) => import(new URL(path, import.meta.url).href)
const {
  failuresOf,
  whatOf,
  whoOf,
}: {
  failuresOf(event: Shown): string
  whatOf(event: Shown, voice: object): string
  whoOf(event: Shown): string | undefined
} = await moduleOf('./wording.js')
const { OWN }: { OWN: object } = await moduleOf('./own-voice.js')
const { THEIRS }: { THEIRS: object } = await moduleOf('../console/voice.js')

const textOf = (event: Shown) => whatOf({ changes: [], ...event }, OWN)
const changed = (changes: string[], detail?: string) =>
  textOf({ type: 'user.updated', changes, ...(detail !== undefined && { detail }) })

describe('a sign-in', () => {
  test.each([
    ['pwd', 'Signed in with your password'],
    ['pop user mfa', 'Signed in with a passkey'],
    ['pwd otp mfa', 'Signed in with your password and authenticator app'],
    ['pwd recovery mfa', 'Signed in with your password and a recovery code'],
    ['pwd pop mfa', 'Signed in with your password and a passkey'],
    ['fed', 'Signed in with a provider'],
    ['fed otp mfa', 'Signed in with a provider and your authenticator app'],
    ['mail', 'Signed in by mail'],
    ['mail otp mfa', 'Signed in by mail and with your authenticator app'],
    ['mail recovery mfa', 'Signed in by mail and with a recovery code'],
    ['mail pop mfa', 'Signed in by mail and with a passkey'],
    ['retina', 'Signed in'],
  ])('with %s is “%s”', (detail, text) => {
    expect(textOf({ type: 'session.created', detail })).toBe(text)
  })

  test.each([
    [undefined, ''],
    [0, ''],
    [1, 'After 1 wrong password'],
    [9, 'After 9 wrong passwords'],
    [1200, 'After 1,200 wrong passwords'],
  ])('after %s wrong passwords has a second line “%s”', (failures, text) => {
    const event = { type: 'session.created', detail: 'pwd', failures }
    expect(textOf(event)).toBe('Signed in with your password')
    expect(failuresOf(event)).toBe(text)
  })

  test('in the same browser as the one before is “again”', () => {
    const again = { type: 'session.renewed', detail: 'pwd otp mfa', failures: 2 }
    expect(textOf(again)).toBe('Signed in again with your password and authenticator app')
    expect(failuresOf(again)).toBe('After 2 wrong passwords')
  })

  test('without its second factor is no sign-in', () => {
    const text = 'Correct password, without the second factor'
    for (const detail of ['second-factor', 'enrolment']) {
      expect(textOf({ type: 'factor.required', detail })).toBe(text)
    }
    expect(textOf({ type: 'factor.required', detail: 'enrolment', ref: 'demo' })).toBe(
      'Signed in with demo, without the second factor',
    )
    for (const detail of ['mail-second-factor', 'mail-enrolment']) {
      const mailed = 'Signed in by mail, without the second factor'
      expect(textOf({ type: 'factor.required', detail })).toBe(mailed)
    }
    const last = `${text}. More in this hour are not shown`
    expect(textOf({ type: 'factor.required', detail: 'more' })).toBe(last)
  })
})

test.each([
  ['session.ended', 'signed-out', 'Session ended: signed out'],
  ['session.ended', 'ended', 'Session ended: from another device'],
  ['session.ended', 'replaced', 'Session ended: replaced by another sign-in'],
  ['session.ended', 'forgotten', 'Session ended'],
  ['session.reused', '', 'Session ended: an old copy of it was used'],
  ['user.created', 'admin', 'Account created'],
])('%s with the detail %j is “%s”', (type, detail, text) => {
  expect(textOf({ type, detail })).toBe(text)
})

test.each([
  ['grant.created', 'Signed in to shop'],
  ['consent.given', 'Access allowed to shop'],
  ['consent.revoked', 'Access of shop removed'],
])('%s is “%s”', (type, text) => {
  expect(textOf({ type, ref: 'shop' })).toBe(text)
})

test.each([
  ['revoked', 'Signed out of shop'],
  ['session-ended', 'Signed out of shop'],
  ['token-reused', 'Signed out of shop: an old copy of its access was used'],
  ['code-reused', 'Signed out of shop: an old copy of its access was used'],
])('grant.ended with the detail %j is “%s”', (detail, text) => {
  expect(textOf({ type: 'grant.ended', ref: 'shop', detail })).toBe(text)
})

/** Every change that an event has, in the words for its user. Those for an operator differ where the fourth value says it. */
const CHANGES: [changes: string[], detail: string | undefined, text: string, theirs?: string][] = [
  [['passwordHash'], undefined, 'Password changed'],
  [['passwordHash', 'identities'], undefined, 'Password changed, and sign-ins with providers removed'],
  [['emailVerified', 'passwordHash'], 'reset', 'Password reset'],
  [['passwordHash', 'identities'], 'reset', 'Password reset, and sign-ins with providers removed'],
  [['username'], undefined, 'Username changed'],
  [['emailVerified', 'emailAsWritten', 'email'], undefined, 'E-mail address changed'],
  [['email', 'username'], undefined, 'Username and e-mail address changed'],
  [['emailAsWritten'], undefined, 'Account changed'],
  [['attributes'], undefined, 'Account changed'],
  [['role'], 'admin', 'Permissions changed: admin'],
  [['role'], undefined, 'Permissions changed'],
  [['disabled'], 'disabled', 'Account disabled'],
  [['disabled'], 'enabled', 'Account enabled'],
  [[], 'signed-out-everywhere', 'Signed out everywhere'],
  [[], 'sessions-ended', 'All sessions ended'],
  [['totp'], 'added', 'Authenticator app added'],
  [['passkey'], 'added', 'Passkey added'],
  [['identities'], 'added', 'Sign-in with a provider added'],
  [['enrolment-code'], 'added', 'Code to set up a second factor added'],
  [['totp'], 'replaced', 'Authenticator app replaced'],
  [['recovery-codes'], 'replaced', 'Recovery codes replaced'],
  [['totp'], 'removed', 'Authenticator app removed'],
  [['passkey'], 'removed', 'Passkey removed'],
  [['passkey', 'totp'], 'removed', 'Authenticator app and passkey removed'],
  [['identities'], 'removed', 'Sign-in with a provider removed'],
  [['totp'], 'elapsed', 'Second factors removed, as requested'],
  [[], 'proved-by-mail', 'A change was confirmed by a code in a mail'],
  [[], 'proved-by-passkey', 'A change was confirmed with a passkey'],
  ...(['requested', 'withdrawn', 'cancelled'] as const).map((detail): (typeof CHANGES)[number] => [
    ['factor-reset'],
    detail,
    `Removal of your second factors ${detail}`,
    `Removal of the second factors ${detail}`,
  ]),
]

console.log(`Changes of an account: ${CHANGES.length} cases`)

test.each(CHANGES)('a change of %j with the detail %j is “%s”', (changes, detail, text, theirs = text) => {
  expect(changed(changes, detail)).toBe(text)
  expect(whatOf({ type: 'user.updated', changes, ...(detail && { detail }) }, THEIRS)).toBe(theirs)
})

test.each([
  ['operator', 'By an operator'],
  ['app', 'By the app'],
  ['system', 'By the service'],
  ['other', 'By another user'],
  ['account', undefined],
])('an event by %s is %j', (by, text) => {
  expect(whoOf({ type: 'user.updated', by })).toBe(text)
})

/** What a user reads of each type. */
const LINES = {
  'session.created': 'Signed in',
  'session.renewed': 'Signed in again',
  'session.ended': 'Session ended',
  'session.reused': 'Session ended: an old copy of it was used',
  'factor.required': 'Correct password, without the second factor',
  'grant.created': 'Signed in to shop',
  'grant.ended': 'Signed out of shop',
  'consent.given': 'Access allowed to shop',
  'consent.revoked': 'Access of shop removed',
  'user.created': 'Account created',
  'user.updated': 'Account changed',
}
test.each(Object.entries(LINES))('%s without a detail is “%s”', (type, text) => {
  expect(textOf({ type, ref: 'shop' })).toBe(text)
})

describe('what a later version adds', () => {
  test.each(['user.merged', '<b>', 'constructor', '__proto__', 'toString'])('type %s is neutral', (type) => {
    expect(textOf({ type, detail: 'x' })).toBe('Other activity')
    expect(whoOf({ type, by: type })).toBeUndefined()
  })

  test.each(['<b>', 'constructor', '__proto__'])('change and detail %s are neutral', (word) => {
    expect(changed([word], word)).toBe('Account changed')
    expect(textOf({ type: 'session.created', detail: word })).toBe('Signed in')
    expect(textOf({ type: 'session.ended', detail: word })).toBe('Session ended')
  })
})
