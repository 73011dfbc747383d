import { describe, expect, test } from 'vitest'
import { cancelReset } from './cancel-reset.ts'
import { enrolment } from './enrolment.ts'
import { durationOf } from './facts.ts'

const facts = {
  service: 'Orders',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  link: 'https://auth.example.org/confirm#enrolment=token',
  forgotUrl: 'https://auth.example.org/forgot',
}
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }

test.each([
  [
    '12345678',
    'Then go back to the page where you sign in, which continues by itself. Without the link, type the code there.',
    'The link is valid for 60 minutes, the code for 10 minutes.',
    'the link or the code',
  ],
  [undefined, 'Then go back to the page where you sign in.', 'The link is valid for 60 minutes.', 'the link'],
])('the mail of an enrolment with the code %s says what to do', (code, next, validity, proof) => {
  expect(enrolment({ ...facts, origin, code })).toEqual({
    subject: 'Add a second factor to your account at Orders',
    lead: 'Someone signed in with the password of your account ivy at Orders. The account must have a second factor, and this mail proves that the account is yours.',
    action: {
      when: 'Open the link in the browser where you sign in.',
      label: 'Confirm that the account is yours',
      url: facts.link,
    },
    code,
    paragraphs: [
      next,
      validity,
      'The request came on 2026-11-26 at 13:21 UTC from 203.0.113.7, with curl.',
      `If it was not you, do not pass on ${proof}, and choose a new password: ${facts.forgotUrl}`,
    ],
  })
})

test('the notice of a reset of second factors says when, and how to cancel it', () => {
  expect(cancelReset({ ...facts, delaySeconds: 86_400 })).toEqual({
    subject: 'Your second factors at Orders will be removed',
    lead: 'An operator asked to remove all second factors and recovery codes of your account ivy at Orders. Only a sign-in with the password removes them: your first one that is 24 hours or more after this mail.',
    action: {
      when: 'If you did not ask for it, cancel it.',
      label: 'Keep my second factors',
      url: facts.link,
    },
    paragraphs: [
      'A complete sign-in with a second factor cancels it too.',
      'An operator sent this on 2026-11-26 at 13:21 UTC.',
      'If you did not ask for it, also contact the operator of the service, and choose a new password.',
    ],
  })
  expect(cancelReset({ ...facts, delaySeconds: 0 }).lead).toMatch(
    / Only a sign-in with the password removes them: your next one\.$/,
  )
})

describe('a duration', () => {
  test.each([
    [1, '1 second'],
    [60, '60 seconds'],
    [90, '90 seconds'],
    [3_600, '60 minutes'],
    [5_400, '90 minutes'],
    [86_400, '24 hours'],
    [129_600, '36 hours'],
    [172_800, '2 days'],
  ])('of %i s is %s', (seconds, expected) => {
    expect(durationOf(seconds)).toBe(expected)
  })
})
