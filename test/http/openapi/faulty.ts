import http from 'node:http'
import { parentPort } from 'node:worker_threads'

// Preloaded into the threads of a service. A request whose header `User-Agent` is `fault=` and a name has
// that fault, and no other request has it. `crash`: the function throws at its first step. `hang`: it stops
// there forever. `outage`: its requests to DynamoDB and KMS fail. The authorizer receives only the header
// `Authorization`: `bEARER` is an outage.

let fault: string | undefined

if (parentPort) {
  const on = parentPort.on.bind(parentPort) as (
    name: string,
    listen: (message: unknown) => void,
  ) => typeof parentPort
  // A thread works on one event at a time.
  const onMessage: typeof on = (name, listen) =>
    on(name, (message) => {
      const { headers, authorizationToken = '' } = Object(Object(message).event)
      const isOutage = authorizationToken.startsWith('bEARER ')
      fault = isOutage ? 'outage' : /^fault=(\w+)$/.exec(Object(headers)['User-Agent'])?.[1]
      listen(message)
    })
  Object.assign(parentPort, { on: onMessage })

  const [now, request] = [Date.now, http.request]
  Date.now = () => {
    if (fault === 'crash') throw new TypeError('an unexpected fault')
    if (fault === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    return now()
  }
  http.request = ((...args: Parameters<typeof request>) => {
    if (fault === 'outage') throw new Error('connection refused')
    return request(...args)
  }) as typeof request
}
