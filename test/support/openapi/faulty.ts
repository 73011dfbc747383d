import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

// Preloaded into a service. The file named after the question mark holds the current fault of its functions.
// `crash`: each function throws at its first step. `hang`: the next function stops there forever, which ends the fault.
// `outage`: requests to DynamoDB and KMS fail.
const file = fileURLToPath(decodeURIComponent(new URL(import.meta.url).search.slice(1)))
const hasFault = (fault: string) => readFileSync(file, 'utf8') === fault

if (!isMainThread) {
  const [now, request] = [Date.now, http.request]
  Date.now = () => {
    if (hasFault('crash')) throw new TypeError('an unexpected fault')
    if (hasFault('hang')) {
      writeFileSync(file, 'none')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    return now()
  }
  http.request = ((...args: Parameters<typeof request>) => {
    if (hasFault('outage')) throw new Error('connection refused')
    return request(...args)
  }) as typeof request
}
