import { vi } from 'vitest'
import { testReservations } from './reservation-tests.ts'

vi.setConfig({ testTimeout: 600_000 })

testReservations('all')
