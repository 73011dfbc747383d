import { workerData } from 'node:worker_threads'

const HOUR_MS = 3_600_000

// Preloaded into a service: the clock of its login function, and no other, runs an hour behind, so that the tokens it
// gives are truly signed and have expired.
if (workerData?.functionKey === 'login') {
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number]) {
      super(...((args.length === 0 ? [Date.now() - HOUR_MS] : args) as [number]))
    }
  } as DateConstructor
}
