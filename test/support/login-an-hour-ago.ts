import { isMainThread, workerData } from 'node:worker_threads'

const HOUR_MS = 3_600_000

// Preloaded into a service: the clock of its login function runs an hour behind, and so does that by which the demo
// users were made, so that the tokens it gives are truly signed and have expired. The authorizer's is right.
if (isMainThread || workerData?.functionKey === 'login') {
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number]) {
      super(...((args.length === 0 ? [Date.now() - HOUR_MS] : args) as [number]))
    }
  } as DateConstructor
}
