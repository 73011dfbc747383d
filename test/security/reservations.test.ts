import { testReservations } from '../support/reservation-tests.ts'

testReservations('representatives')
