import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/**
 * What happens to the idle connections while the client is frozen:
 *
 * - `closed`: the server closes them;
 * - `reset`: the server resets them;
 * - `lost`: the network forgets them, and resets each when the client next sends on it;
 * - `silent`: the network forgets them, and nothing that the client sends gets a response.
 */
export type Freeze = 'closed' | 'reset' | 'lost' | 'silent'

const SERVER = `
const { once } = require('node:events')
const { createServer } = require('node:http')
const { parentPort, workerData } = require('node:worker_threads')
const { done, served } = workerData
const open = new Set()
const forgotten = new Map()
const server = createServer(async (request, response) => {
  await request.toArray()
  if (forgotten.get(request.socket) === 'lost') return request.socket.resetAndDestroy()
  if (forgotten.get(request.socket) === 'silent') return
  Atomics.add(served, 0, 1)
  response.end('{}')
})
server.keepAliveTimeout = 0
server.on('connection', (socket) => {
  open.add(socket)
  socket.on('close', () => open.delete(socket))
})
parentPort.on('message', async (freeze) => {
  const sockets = [...open]
  const closed = sockets.map((socket) => once(socket, 'close'))
  for (const socket of sockets) {
    if (freeze === 'closed') socket.destroy()
    else if (freeze === 'reset') socket.resetAndDestroy()
    else forgotten.set(socket, freeze)
  }
  if (freeze === 'closed' || freeze === 'reset') await Promise.all(closed)
  Atomics.store(done, 0, sockets.length)
  Atomics.notify(done, 0)
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address()))
`

/** Starts a server in a thread of its own, so that it runs while this thread is frozen as by Lambda. */
export async function startFreezingServer() {
  const done = new Int32Array(new SharedArrayBuffer(4))
  const served = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(SERVER, { eval: true, workerData: { done, served } })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [{ port }] = (await once(worker, 'message')) as [AddressInfo]
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    /** How many requests got a response. */
    served: () => Atomics.load(served, 0),
    /** Freezes this thread. When it returns, no event of the connections has been processed yet. */
    freeze(kind: Freeze): number {
      Atomics.store(done, 0, -1)
      worker.postMessage(kind)
      Atomics.wait(done, 0, -1)
      return Atomics.load(done, 0)
    },
  }
}
