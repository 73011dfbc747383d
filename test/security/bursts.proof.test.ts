import { testBursts } from './burst-tests.ts'

testBursts('all')
