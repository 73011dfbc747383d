import { testCors } from './gateway-cors.ts'

testCors('all')
