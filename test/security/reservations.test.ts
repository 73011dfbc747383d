import { testReservations } from './reservation-tests.ts'

testReservations('representatives')
