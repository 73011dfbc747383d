import { test, vi } from 'vitest'
import { bomb } from './mail-bomb.ts'

test('1,020 requests for one address, by each route and spelling, send three mails', async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  await bomb(1_020)
})
