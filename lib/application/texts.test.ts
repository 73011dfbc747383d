import { expect, test, vi } from 'vitest'
import { renderMessage } from '../mail/look/render.ts'
import { registration } from '../mail/texts/registration.ts'
import { say } from './texts.ts'

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['member'],
    administrators: [],
    words: {
      en: {
        'Confirm your address for {service}': '[{service}] Is this you?',
        'Someone asked to register at {service} with this address.': 'Welcome to <b>{service}</b>!',
        'Or type this code: {code}': '{code} is your code',
      },
    },
  },
}))

const facts = {
  service: '{code} & Söhne',
  at: '2026-11-26T13:21:00.000Z',
  link: 'https://auth.example.org/confirm#registration=token',
  code: '12345678',
  forgotUrl: 'https://auth.example.org/forgot',
  origin: { sourceIp: '203.0.113.7', userAgent: 'curl/8' },
}

test('a mail has own words in its subject and its text, and escapes them in HTML', () => {
  const { subject, text, html } = renderMessage(registration(facts))
  expect(subject).toBe('[{code} & Söhne] Is this you?')
  expect(text.split('\n\n')).toEqual([
    'Welcome to <b>{code} & Söhne</b>!',
    `Confirm the address:\n${facts.link}`,
    '12345678 is your code',
    'The link is valid for 60 minutes, the code for 10 minutes.',
    'The request came on 2026-11-26 at 13:21 UTC from 203.0.113.7, with curl.',
    'If it was not you, ignore this mail. Without the link or the code, no account is made.\n',
  ])
  expect(html).toContain('<p style="margin:0 0 16px">Welcome to &lt;b&gt;{code} &amp; Söhne&lt;/b&gt;!</p>')
  expect(html).toContain('<p style="margin:0 0 16px"><strong>12345678</strong> is your code</p>')
})

test('a sentence without own words stays, and what has no value too', () => {
  expect(say('You are invited to {service}', { service: 'Notes', other: 1 })).toBe('You are invited to Notes')
  expect(say('Hello {name}', { name: undefined })).toBe('Hello {name}')
  // @ts-expect-error: the sentence has a placeholder without a value.
  expect(say('Hello {name}', { username: 'ada' })).toBe('Hello {name}')
  // @ts-expect-error: the sentence has a placeholder.
  expect(say('Hello {name}')).toBe('Hello {name}')
})
