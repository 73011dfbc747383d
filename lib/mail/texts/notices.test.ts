import { describe, expect, test } from 'vitest'
import { NOTICES } from './notices.ts'

const facts = {
  service: 'Orders',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  forgotUrl: 'https://auth.example.org/forgot',
}
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }

describe('a notice of a change by an operator', () => {
  test('of the password names the operator, and that all sessions have ended', () => {
    expect(NOTICES['password-changed'](facts)).toEqual({
      subject: 'Your password for Orders was changed',
      lead: 'The password of your account ivy at Orders was changed. All sessions have ended.',
      paragraphs: ['An operator made this change on 2026-11-26 at 13:21 UTC.'],
      action: {
        when: 'If you did not expect it, choose a new password.',
        label: 'Choose a new password',
        url: facts.forgotUrl,
      },
    })
  })

  test('of the address says what it can no longer do', () => {
    expect(NOTICES['address-changed'](facts)).toEqual({
      subject: 'Your address for Orders was changed',
      lead: 'This address is no longer used for your account ivy at Orders.',
      paragraphs: [
        'An operator made this change on 2026-11-26 at 13:21 UTC.',
        'If you did not expect it, contact the operator of the service. This address can no longer sign in or reset the password.',
      ],
    })
  })

  test('of the username says the new one', () => {
    expect(NOTICES['username-changed'](facts)).toEqual({
      subject: 'Your username for Orders was changed',
      lead: 'Your account at Orders has the new username ivy. The password is the same.',
      paragraphs: [
        'An operator made this change on 2026-11-26 at 13:21 UTC.',
        'If you did not expect it, contact the operator of the service.',
      ],
    })
  })
})

test('a notice of the end of an account by an operator does not say that someone knew the password', () => {
  expect(NOTICES['account-deleted'](facts)).toEqual({
    subject: 'Your account at Orders was deleted',
    lead: 'Your account ivy at Orders was deleted, with all its sessions.',
    paragraphs: [
      'An operator made this change on 2026-11-26 at 13:21 UTC.',
      'If you did not expect it, contact the operator of the service.',
    ],
  })
})

test('the notice that an operator acts as the user says for how long, and where the reason stands', () => {
  expect(NOTICES['acted-as'](facts)).toEqual({
    subject: 'An operator sees your account at Orders',
    lead: 'An operator of Orders sees the application as your account ivy sees it, for at most 30 minutes. The operator cannot change anything, and does not know your password.',
    paragraphs: [
      'It began on 2026-11-26 at 13:21 UTC.',
      'The page of your account shows why. If you did not expect it, contact the operator of the service.',
    ],
  })
})

test('a notice of the own change says from where it came', () => {
  expect(NOTICES['password-changed']({ ...facts, origin })).toMatchObject({
    lead: 'The password of your account ivy at Orders was changed. All other sessions have ended.',
    paragraphs: ['The request came on 2026-11-26 at 13:21 UTC from 203.0.113.7, with curl.'],
    action: { when: 'If it was not you, choose a new password.', label: 'Choose a new password' },
  })
})
