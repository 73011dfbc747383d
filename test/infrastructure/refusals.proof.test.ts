import { testRefusals } from '../support/refusals.ts'

testRefusals('all')
