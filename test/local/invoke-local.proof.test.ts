import { SAMPLES } from '../support/http/sample-events.ts'
import { testInvocations } from './invoke-local.ts'

/** One event for each function, and one that makes a function throw. */
const samples = Object.entries(SAMPLES).filter(([, { functionKey, ...expected }], index, all) => {
  const isFirst = (matches: (sample: (typeof all)[number]) => boolean) => all.findIndex(matches) === index
  return (
    isFirst(([, sample]) => sample.functionKey === functionKey) ||
    ('throws' in expected && isFirst(([, sample]) => 'throws' in sample))
  )
})

testInvocations(samples.map(([file]) => file))
