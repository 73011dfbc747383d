import { isMainThread, workerData } from 'node:worker_threads'
import { slowClock } from './slow-clock.ts'

// Preloaded into a service. The clocks of its login function and of its demo users' creation are an hour slow, so its
// tokens have valid signatures and are expired. The authorizer's clock is correct.
if (isMainThread || workerData?.functionKey === 'login') slowClock(3_600_000)

/** Shows which functions run: a thread starts with the first event of its function. */
if (!isMainThread) console.log(`started the thread of ${workerData?.functionKey}`)
