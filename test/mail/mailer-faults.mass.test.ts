import { describe, expect, test, vi } from 'vitest'
import { strikeEachTry, strikeEveryTry } from './mailer-faults.ts'

// A retry follows at once.
vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)

describe.each(['registration', 'reset', 'address', 'password-changed'] as const)('a mail (%s)', (kind) => {
  test.each([0, 1, 2])(
    'is sent or a dead letter, with a fault after %i refusals by SES',
    async (refusals) => {
      const { sent, dead, both } = await strikeEachTry(kind, refusals)
      expect(sent).toBeGreaterThan(dead + both)
    },
  )

  test('is sent or a dead letter, with a fault at every try', () => strikeEveryTry(kind))
})
