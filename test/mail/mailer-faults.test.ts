import { describe, expect, test, vi } from 'vitest'
import { refuseEveryTry, strikeEachTry, strikeEveryTry } from './mailer-faults.ts'

// A retry follows at once.
vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)

describe('an event becomes one mail, or a dead letter, with a fault', () => {
  test('at each call of the mailer', async () => {
    const { sent, dead, both } = await strikeEachTry('registration', 0)
    expect(sent).toBeGreaterThan(dead + both)
  })

  test('at a call of every try', () => strikeEveryTry('password-changed'))
})

test('a mail that SES refuses three times is a dead letter', () => refuseEveryTry('registration'))
