import { SAMPLES } from '../support/http/sample-events.ts'
import { testInvocations } from './invoke-local.ts'

// Each function, and one event that makes a function throw.
const samples = Object.entries(SAMPLES)
const ofFunctions = samples.filter(([name, { functionKey }]) => name === functionKey)
const throwing = samples.filter(([, expected]) => 'throws' in expected)

testInvocations([...ofFunctions, ...throwing].map(([name]) => name))
