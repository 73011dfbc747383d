import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { say, startFakeAws } from '../../test/support/aws/fake-aws.ts'
import { eventBridge } from './bus.ts'

const now = new Date('2026-11-28T14:05:06.789Z')
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
const settings = { region: 'eu-central-1', credentials, endpoints: {} }

test('a call sends its operation and input in a signed request, and returns the output', async () => {
  const { url, received } = await startFakeAws(say(200, { FailedEntryCount: 0 }))
  expect(await eventBridge(settings, url)('PutEvents', { Entries: [] })).toEqual({ FailedEntryCount: 0 })
  expect(received).toMatchObject([
    {
      method: 'POST',
      url: '/',
      body: '{"Entries":[]}',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
        authorization: expect.stringContaining('/eu-central-1/events/aws4_request, '),
      },
    },
  ])
})

test('without an endpoint, a call goes to the one of the region', async () => {
  const hosts: string[] = []
  const stop = (message: unknown) => {
    const { request } = message as { request: ClientRequest }
    hosts.push(`${request.protocol}//${request.host}`)
    request.destroy()
  }
  subscribe('http.client.request.created', stop)
  onTestFinished(() => void unsubscribe('http.client.request.created', stop))
  await expect(eventBridge(settings)('PutEvents', {})).rejects.toThrow()
  expect(hosts).toEqual(['https://events.eu-central-1.amazonaws.com'])
})

test.each([
  [undefined, 3_000],
  [5_000, 3_000],
  [500, 500],
  [1, 1],
])('a call that must end in %s ms waits %i ms for its response', async (leftMs, waitsMs) => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>()
  const { url } = await startFakeAws(() => resolve())
  useClock()
  const deadlineMs = leftMs === undefined ? undefined : now.getTime() + leftMs
  const outcome = eventBridge(settings, url)('PutEvents', {}, deadlineMs).catch(({ name }) => name)
  await arrived
  await vi.advanceTimersByTimeAsync(waitsMs - 1)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(await outcome).toBe('TimeoutError')
})

test.each([0, -1])('a call whose deadline is in %i ms is not made', async (leftMs) => {
  const { url, received } = await startFakeAws(say(200, {}))
  useClock()
  await expect(eventBridge(settings, url)('PutEvents', {}, now.getTime() + leftMs)).rejects.toMatchObject({
    name: 'DeadlineExceeded',
    message: 'no time left for the call',
  })
  expect(received).toEqual([])
})

function useClock() {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now })
  onTestFinished(() => void vi.useRealTimers())
}
