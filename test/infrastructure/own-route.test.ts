import { testOwnRoute } from '../support/own-route-tests.ts'

testOwnRoute('representatives')
