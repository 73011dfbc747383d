import { expect, onTestFinished, test } from 'vitest'
import { listen, signed } from '../../test/local/aws-service.ts'
import { type BusEvent, createEventBridge } from './event-bridge.ts'

const ENTRY = {
  EventBusName: 'the-bus',
  Source: 'https://auth.example.com',
  DetailType: 'user.created',
  Time: 1_796_000_000.25,
  Detail: '{"id":"1"}',
}

test('an entry is an event with the members that EventBridge sends to functions', async () => {
  const { put, events } = await start()
  const { status, body } = await put([ENTRY, { ...ENTRY, Detail: '{"id":"2"}' }])
  expect({ status, body }).toEqual({
    status: 200,
    body: { FailedEntryCount: 0, Entries: events.map(({ id }) => ({ EventId: id })) },
  })
  expect(events).toEqual(
    ['1', '2'].map((id) => ({
      version: '0',
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      'detail-type': 'user.created',
      source: 'https://auth.example.com',
      account: '123456789012',
      time: '2026-11-30T00:53:20Z',
      region: 'eu-central-1',
      resources: [],
      detail: { id },
    })),
  )
})

test.each<[string, object, string]>([
  ['without a source', { Source: undefined }, 'InvalidArgument'],
  ['for another bus', { EventBusName: 'other' }, 'InvalidArgument'],
  ['whose detail is no JSON', { Detail: '{' }, 'MalformedDetail'],
  ['whose detail is no object', { Detail: '[]' }, 'MalformedDetail'],
])('an entry %s fails, and the others do not', async (_what, change, ErrorCode) => {
  const { put, events } = await start()
  const { body } = await put([{ ...ENTRY, ...change }, ENTRY])
  expect(body).toEqual({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode, ErrorMessage: expect.any(String) }, { EventId: events[0]?.id }],
  })
  expect(events).toHaveLength(1)
})

test.each([0, 11])('a request with %d entries is refused', async (length) => {
  const { put, events } = await start()
  const { status, type } = await put(Array.from({ length }, () => ENTRY))
  expect({ status, type, events }).toEqual({ status: 400, type: 'ValidationException', events: [] })
})

test('another operation, and a request for another service, are refused', async () => {
  const { put } = await start()
  expect(await put([ENTRY], 'AWSEvents.ListRules')).toMatchObject({ status: 404 })
  expect(await put([ENTRY], undefined, 'dynamodb')).toMatchObject({ status: 403 })
})

async function start() {
  const events: BusEvent[] = []
  const settings = {
    region: 'eu-central-1',
    bus: 'the-bus',
    onEvent: (event: BusEvent) => events.push(event),
  }
  const { url, stop } = await listen(createEventBridge(settings))
  onTestFinished(stop)
  return {
    events,
    async put(Entries: object[], target = 'AWSEvents.PutEvents', service = 'events') {
      const headers = { ...signed(service), 'X-Amz-Target': target }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ Entries }) })
      const type = response.headers.get('x-amzn-errortype')
      return { status: response.status, type, body: await response.json() }
    },
  }
}
