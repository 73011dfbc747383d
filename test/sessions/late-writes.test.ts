import { testLateWrites } from './late-write-tests.ts'

testLateWrites('representatives')
