import { vi } from 'vitest'
import { testReservations } from '../support/reservation-tests.ts'

vi.setConfig({ testTimeout: 600_000 })

testReservations('all')
