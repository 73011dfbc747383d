import { afterEach } from 'vitest'

// The files of a run share a process. StrykerJS needs one failure, but Vitest would import the other files too.
const shared = globalThis as { hasFailedTest?: boolean }
if (shared.hasFailedTest) throw new Error('a test of another file has failed')
afterEach(({ task }) => {
  if (task.result?.state === 'fail') shared.hasFailedTest = true
})
