import { expect, test } from 'vitest'
import { reset } from './reset.ts'

const facts = {
  service: 'Orders',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  link: 'https://auth.example.org/confirm#reset=token',
  forgotUrl: 'https://auth.example.org/forgot',
}

test('a reset that an operator starts names an operator and no code', () => {
  expect(reset(facts)).toEqual({
    subject: 'Choose a new password for Orders',
    lead: 'An operator asked for a new password for your account ivy at Orders.',
    action: { label: 'Choose a new password', url: facts.link },
    code: undefined,
    paragraphs: [
      'The link is valid for 60 minutes. A new password ends all sessions.',
      'An operator sent this on 2026-11-26 at 13:21 UTC.',
      'If you did not expect it, ignore this mail. Your password stays as it is. Do not pass on the link.',
    ],
  })
})

test.each([
  ['12345678', 'The link is valid for 60 minutes, the code for 10 minutes.', 'the link or the code'],
  [undefined, 'The link is valid for 60 minutes.', 'the link'],
])('a reset with the code %s says what confirms it, and how long', (code, validity, proof) => {
  const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }
  expect(reset({ ...facts, origin, code })).toMatchObject({
    code,
    paragraphs: [
      `${validity} A new password ends all sessions.`,
      expect.any(String),
      `If it was not you, ignore this mail. Your password stays as it is. Do not pass on ${proof}.`,
    ],
  })
})
