import { describe, expect, test } from 'vitest'
import { FACTOR_NOTICES } from './factor-notices.ts'
import { NOTICES } from './notices.ts'

const facts = {
  service: 'Orders',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  forgotUrl: 'https://auth.example.org/forgot',
  origin: { sourceIp: '203.0.113.7', userAgent: 'curl/8' },
}
const ORIGIN = 'The request came on 2026-11-26 at 13:21 UTC from 203.0.113.7, with curl.'

const KINDS = Object.keys(FACTOR_NOTICES) as (keyof typeof FACTOR_NOTICES)[]

describe.each(KINDS)('the notice %s', (kind) => {
  const { subject, lead, action, code, paragraphs } = NOTICES[kind](facts)

  test('names the account, the service, when and from where', () => {
    expect(subject).toContain('Orders')
    expect(lead).toContain('your account ivy at Orders')
    expect(paragraphs).toContain(ORIGIN)
  })

  test('says what to do if it was someone else, and has no code', () => {
    const advice = [action?.when, ...paragraphs].join(' ')
    expect(advice).toMatch(/If it was not you, (choose a new password|contact the operator)/)
    expect(code).toBeUndefined()
  })
})

test('a notice of an added factor says that a new password does not remove it', () => {
  expect(NOTICES['totp-added'](facts)).toEqual({
    subject: 'An authenticator app was added at Orders',
    lead: 'An authenticator app was added to your account ivy at Orders. Sign-ins with the password need a second factor now.',
    action: {
      when: 'If it was not you, choose a new password. That ends all sessions.',
      label: 'Choose a new password',
      url: facts.forgotUrl,
    },
    paragraphs: [
      ORIGIN,
      'A new password does not remove it. If it was not you, also ask the operator of the service to reset your second factors.',
    ],
  })
})

test('a notice of factors that an operator removed names the operator', () => {
  expect(NOTICES['factors-removed']({ ...facts, origin: undefined })).toEqual({
    subject: 'Your second factors were removed at Orders',
    lead: 'All second factors and recovery codes were removed from your account ivy at Orders. The password alone signs in, or leads to a new second factor.',
    paragraphs: [
      'An operator made this change on 2026-11-26 at 13:21 UTC.',
      'If you did not expect it, contact the operator of the service.',
    ],
  })
})

test('the notices about second factors are of eight kinds', () => {
  expect(KINDS).toHaveLength(8)
})
