import { vi } from 'vitest'
import { testReservations } from '../support/reservation-tests.ts'

vi.mock('node:crypto', async (original) =>
  (await import('../support/cheap-argon2.ts')).cheapArgon2(await original()),
)

testReservations('representatives')
