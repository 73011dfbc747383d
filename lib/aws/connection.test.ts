import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { breakOff, breakOffMidway, say, startFakeAws } from '../../test/support/aws/fake-aws.ts'
import { awsClient, withTimeout } from './client.ts'

/**
 * What happens to the idle connections while the client is frozen:
 *
 * - `closed`: the server closes them;
 * - `reset`: the server resets them;
 * - `lost`: the network forgets them, and resets each when the client next sends on it;
 * - `silent`: the network forgets them, and nothing that the client sends gets a response.
 */
type Freeze = 'closed' | 'reset' | 'lost' | 'silent'

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

let ran = 0
afterAll(() => console.log(`Connections lost while frozen: ${ran} cases ran`))

/** Makes every pause outlast the deadline, so that a call which spends an attempt fails. No attempt ends because the machine is slow. */
function forbidRetries() {
  const random = vi.spyOn(Math, 'random').mockReturnValue(1_000)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    random.mockRestore()
    vi.useRealTimers()
  })
}

describe.each<Freeze>(['closed', 'reset', 'lost'])('connections that are %s while frozen', (kind) => {
  beforeEach(forbidRetries)

  test.each([1, 3, 10])('cost none of ten consecutive calls an attempt (%i idle)', async (idle) => {
    const { server, get } = await startWithIdle(idle)
    expect(server.freeze(kind)).toBe(idle)
    for (let time = 1; time <= 10; time += 1) expect(await get()).toEqual({})
    expect(server.served()).toBe(idle + 10)
    ran += 1
  })

  test.each([1, 3, 10])('cost none of ten calls at once an attempt (%i idle)', async (idle) => {
    const { server, get } = await startWithIdle(idle)
    expect(server.freeze(kind)).toBe(idle)
    expect(await Promise.all(Array.from({ length: 10 }, get))).toEqual(Array(10).fill({}))
    expect(server.served()).toBe(idle + 10)
    ran += 1
  })

  test('cost no attempt after each of ten freezes', async () => {
    const { server, get } = await startWithIdle(3)
    for (let time = 1; time <= 10; time += 1) {
      server.freeze(kind)
      expect(await get()).toEqual({})
    }
    expect(server.served()).toBe(13)
    ran += 1
  })
})

test('ten connections on which nothing arrives any longer cost one attempt together', async () => {
  const { server, get } = await startWithIdle(10)
  expect(server.freeze('silent')).toBe(10)
  expect(await get()).toEqual({})
  expect(server.served()).toBe(11)
  ran += 1
})

test('a server that breaks off every request gets one request more than there are attempts', async () => {
  const aws = await startFakeAws(say(200, {}), breakOff)
  await aws.call('kms', 'Sign', {})
  await expect(aws.call('kms', 'Sign', {})).rejects.toMatchObject({ cause: { name: 'ECONNRESET' } })
  expect(aws.received).toHaveLength(1 + 4)
})

test('a response that breaks off costs an attempt, also on a kept connection', async () => {
  const aws = await startFakeAws(say(200, {}), breakOffMidway)
  await aws.call('kms', 'Sign', {})
  await expect(aws.call('kms', 'Sign', {})).rejects.toMatchObject({ cause: { name: 'ECONNRESET' } })
  expect(aws.received).toHaveLength(1 + 3)
})

/** Starts a server in a thread of its own, so that it runs while this thread is frozen as by Lambda. */
async function startFreezingServer() {
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

/** Starts a server with a client that has idle connections to it. */
async function startWithIdle(connections: number) {
  const server = await startFreezingServer()
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
  const endpoints = { dynamodb: server.url, kms: server.url }
  const call = withTimeout(awsClient({ region: 'eu-central-1', credentials, endpoints }), 4_500)
  const get = () => call('dynamodb', 'GetItem', {})
  await Promise.all(Array.from({ length: connections }, get))
  return { server, get }
}
