import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { breakOff, breakOffMidway, say, startFakeAws } from '../../test/support/fake-aws.ts'
import { type Freeze, startFreezingServer } from '../../test/support/freezing-server.ts'
import { awsClient, withTimeout } from './client.ts'

let ran = 0
afterAll(() => console.log(`Connections lost while frozen: ${ran} cases ran`))

/** Makes every pause outlast the deadline, so that a call which spends an attempt fails. */
function forbidRetries() {
  const random = vi.spyOn(Math, 'random').mockReturnValue(1_000)
  onTestFinished(() => random.mockRestore())
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
