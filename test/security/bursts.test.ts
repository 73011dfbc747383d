import { testBursts } from './burst-tests.ts'

testBursts('representatives')
