import { expect, test } from 'vitest'
import { TECHNICAL } from '../../../test/support/technical-words.ts'
import { renderMessage } from '../look/render.ts'
import { accountExists } from './account-exists.ts'
import { address } from './address.ts'
import { cancelReset } from './cancel-reset.ts'
import { enrolment } from './enrolment.ts'
import { invitation } from './invitation.ts'
import { NOTICES } from './notices.ts'
import { offlineAccess } from './offline-access.ts'
import { registration } from './registration.ts'
import { reset } from './reset.ts'

const TEXTS = {
  accountExists,
  address,
  cancelReset,
  enrolment,
  invitation,
  offlineAccess,
  registration,
  reset,
  ...NOTICES,
}

const facts = {
  service: 'Acme Shop',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  link: 'https://auth.example.org/confirm#reset=secret',
  code: '12345678',
  delaySeconds: 86_400,
  app: { name: 'Shop', place: 'shop.example' },
  identity: { provider: 'Google', label: 'ivy@example.org' },
  providers: ['Google', 'GitHub'],
  forgotUrl: 'https://auth.example.org/forgot',
}
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }

test.each(Object.entries(TEXTS))('the mail %s names the service, and has no technical word', (_, write) => {
  for (const given of [facts, { ...facts, origin }]) {
    const { subject, text } = renderMessage(write(given))
    expect(subject).toContain('Acme Shop')
    expect(`${subject} ${text}`.match(TECHNICAL)).toBeNull()
  }
})

/** Programs such as Gmail cut HTML off that is longer than 102 KB. */
const LARGEST_BYTES = 6_000

test.each(Object.entries(TEXTS))('the mail %s is small, also with the longest names', (_, write) => {
  const long = (length: number) => 'ü'.repeat(length)
  const link = `https://auth.example.org/${'a'.repeat(250)}`
  const { html } = renderMessage(
    write({
      ...facts,
      origin,
      link,
      service: long(20),
      username: long(32),
      app: { name: long(60), place: 'a'.repeat(253) },
      identity: { provider: long(40), label: 'a'.repeat(254) },
      providers: ['a', 'b'].map(() => long(40)),
    }),
  )
  expect(Buffer.byteLength(html)).toBeLessThan(LARGEST_BYTES)
})
