import { testBursts } from '../support/burst-tests.ts'

testBursts('representatives')
