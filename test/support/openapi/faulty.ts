import { readFileSync } from 'node:fs'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

// Preloaded into a service: the file named behind the question mark says what its functions suffer from just now.
// `crash`: a fault of their own, at the first thing that each of them does. `hang`: they never get further than that.
// `outage`: neither DynamoDB nor KMS.
const file = fileURLToPath(decodeURIComponent(new URL(import.meta.url).search.slice(1)))
const suffersFrom = (fault: string) => readFileSync(file, 'utf8') === fault

if (!isMainThread) {
  const [now, request] = [Date.now, http.request]
  Date.now = () => {
    if (suffersFrom('crash')) throw new TypeError('a fault of our own')
    if (suffersFrom('hang')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    return now()
  }
  http.request = ((...args: Parameters<typeof request>) => {
    if (suffersFrom('outage')) throw new Error('nobody is there')
    return request(...args)
  }) as typeof request
}
