import { testLateWrites } from '../support/late-write-tests.ts'

testLateWrites('representatives')
