import { describe, expect, test, vi } from 'vitest'
import { refuseEveryTry, strikeEachTry, strikeEveryTry, useMailer } from '../support/mailer-faults.ts'

vi.mock('node:crypto', async (original) =>
  (await import('../support/cheap-argon2.ts')).cheapArgon2(await original()),
)
// A retry follows at once.
vi.mock('node:timers/promises', async (original) =>
  (await import('../support/interleave/gate.ts')).withoutPauses(await original()),
)

useMailer()

describe('an event becomes one mail, or a dead letter, with a fault', () => {
  test.each(['registration', 'password-changed'] as const)(
    'at each call of the mailer (%s)',
    async (kind) => {
      const { sent, dead, both } = await strikeEachTry(kind, 0)
      expect(sent).toBeGreaterThan(dead + both)
    },
  )

  test('at each call of three tries, while SES refuses the first two', async () => {
    const { sent, dead, both } = await strikeEachTry('password-changed', 2)
    expect(sent).toBeGreaterThan(dead + both)
  })

  test('at a call of every try', () => strikeEveryTry('password-changed'))
})

test('a mail that SES refuses three times is a dead letter', () => refuseEveryTry('registration'))
