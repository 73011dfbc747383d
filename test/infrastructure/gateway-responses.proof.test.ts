import { testCors } from '../support/gateway-cors.ts'

testCors('all')
