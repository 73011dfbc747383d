import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { testAct } from '../../test/support/users/users.ts'
import { failure } from '../aws/failure.ts'
import type { EventBridgeCall } from './bus.ts'
import { eventOf, freedNameOf, partitionOf } from './event.ts'
import { OUTGOING } from './outgoing.ts'
import { publish, putEntries, type StreamRecord } from './publish.ts'
import { ACCOUNT_EVENTS, CLIENT_EVENTS, type EventType } from './types.ts'

const now = new Date('2026-11-28T14:05:06.789Z')
const userId = 'Ada-Lovelace-1815-12-A'
const subject = partitionOf(userId)
const table = { aws: () => Promise.reject(new Error('a call')), name: 'users' }
const bus = { name: 'b', source: 'https://auth.example.com', types: OUTGOING.changes }
const logged = vi.fn()
beforeEach(() => {
  logged.mockClear()
  for (const level of ['info', 'error'] as const) vi.spyOn(console, level).mockImplementation(logged)
})

/** Where a run of a fault leaves its records, for the line at the end. */
const counts: string[] = []
afterAll(() => console.log(counts.join('\n')))

test.each([
  ['email', { changes: ['email'] }],
  ['no attribute', {}],
])('a change of %s leaves as a CloudEvent with ids and words of closed lists', async (_, changed) => {
  const { call, taken } = busThat(() => ok)
  const act = { ...testAct(now), actor: 'user', actorId: userId, via: 'PUT /email', origin } as const
  const write = eventOf(table, act, { type: 'user.updated', subject, ...changed })
  expect(await publish(call, bus, [recordOf(write, 1)])).toBeUndefined()
  expect(taken).toEqual([
    {
      EventBusName: 'b',
      Source: bus.source,
      DetailType: 'user.updated',
      Time: now.getTime() / 1_000,
      detail: {
        specversion: '1.0',
        id: expect.stringMatching(/^[\w-]{22}$/),
        source: bus.source,
        type: 'user.updated',
        subject: userId,
        time: now.toISOString(),
        datacontenttype: 'application/json',
        data: { actor: 'user', actorId: userId, via: 'PUT /email', ...changed },
      },
    },
  ])
})

test.each(['changes', 'all'] as const)('eventBus=%s puts the types of its list on the bus', async (value) => {
  const { call, taken } = busThat(() => ok)
  const all = Object.keys({ ...ACCOUNT_EVENTS, ...CLIENT_EVENTS }) as EventType[]
  const records = all.map((type, index) => recordOf(eventOf(table, testAct(now), { type, subject }), index))
  await publish(call, { ...bus, types: OUTGOING[value] }, records)
  expect(taken.map(({ DetailType }) => DetailType).sort()).toEqual([...OUTGOING[value]].sort())
})

test('sign-ins leave with eventBus=all only, and searches, views, invitations and exports never', () => {
  expect(OUTGOING.changes.filter((type) => /^(session\.[^r]|factor|grant|act)/.test(type))).toEqual([])
  expect(OUTGOING.all.filter((type) => /^(users|invitation|mail|provider|user\.viewed)/.test(type))).toEqual(
    [],
  )
})

test('no ARN, source, browser, request id, ticket or provider leaves with any type', async () => {
  const { call, taken } = busThat(() => ok)
  const actorId = 'arn:aws:iam::123456789012:user/eve'
  const act = { ...testAct(now), actor: 'operator', actorId, requestId: 'request-7', origin } as const
  const records = OUTGOING.all.map((type, index) => {
    const record = recordOf(eventOf(table, act, { type, subject, ref: 'google' }), index)
    Object.assign(record.dynamodb?.NewImage ?? {}, { ticket: { S: 'HELP-1' }, seen: { SS: ['other'] } })
    return record
  })
  await publish(call, { ...bus, types: OUTGOING.all }, records)
  expect(taken.length).toBe(records.length)
  expect(JSON.stringify(taken)).not.toMatch(/arn:|192\.0\.2\.1|Mozilla|request-7|HELP-1|other/)
  const withRef = taken.filter(({ detail }) => detail.data.ref !== undefined)
  expect(withRef.map(({ DetailType }) => DetailType.split('.')[0])).toEqual([
    'consent',
    'consent',
    'grant',
    'grant',
  ])
})

const throttled = { ErrorCode: 'ThrottlingException' }
const ok = { EventId: 'e' }
const down = () => Promise.reject(failure('ECONNREFUSED', 'down'))
const lost = () => Promise.reject(failure('TimeoutError', 'no response in time'))

/** What the bus does to a call, and whether the call has reached it. */
const FAULTS: Record<string, (random: () => number) => Fault> = {
  'PutEvents throttled': () => ({ before: () => Promise.reject(failure('ThrottlingException', '', 400)) }),
  'PutEvents partly failed': (random) => ({ outcome: () => (random() < 0.3 ? throttled : ok) }),
  'PutEvents down': () => ({ before: down }),
  'response lost': () => ({ after: lost }),
  'function out of time': () => ({ before: () => Promise.reject(failure('DeadlineExceeded', '')) }),
  'response without results': () => ({ after: () => Promise.resolve({}) }),
}

test.each(Object.entries(FAULTS))('%s: no event is missing on the bus', async (name, faultOf) => {
  const random = randomFrom(7)
  const [events, puts] = [new Set<string>(), [] as string[]]
  for (let run = 0; run < 50; run += 1) {
    const records = someRecords(1 + Math.floor(random() * 35))
    const { call, taken } = busThat(
      () => ok,
      () => (random() < 0.4 ? faultOf(random) : {}),
    )
    await deliver(call, records)
    for (const record of records) events.add(idOf(record))
    puts.push(...taken.map(({ detail }) => detail.id))
  }
  const arrived = new Set(puts)
  expect([...events].filter((id) => !arrived.has(id))).toEqual([])
  expect(arrived.size).toBe(events.size)
  counts.push(`${name}: ${events.size} events, ${puts.length - arrived.size} of them twice, none missing`)
})

test.each([
  ['an entry that the bus never takes', { ErrorCode: 'MalformedDetail' }],
  ['an entry with an invalid argument', { ErrorCode: 'InvalidArgument' }],
])('%s is logged and holds up no other', async (_, outcome) => {
  const records = someRecords(12)
  const { call, taken } = busThat((id) => (id === idOf(records[3]) ? outcome : ok))
  expect(await publish(call, bus, records)).toBeUndefined()
  expect(taken.length).toBe(11)
  expect(unreadable()).toEqual(['4'])
})

test.each(['ValidationException', 'ValidationError'])(
  'a request that is refused for one entry with %s is sent again by entry',
  async (name) => {
    const records = someRecords(10)
    const poison = idOf(records[6])
    const { call, taken } = busThat(
      () => ok,
      (ids) => (ids.includes(poison) ? { before: () => Promise.reject(failure(name, '', 400)) } : {}),
    )
    expect(await publish(call, bus, records)).toBeUndefined()
    expect(taken.length).toBe(9)
    expect(unreadable()).toEqual(['7'])
  },
)

test('a bus that refuses the function takes nothing, and everything is sent again', async () => {
  const { call } = busThat(
    () => ok,
    () => ({ before: () => Promise.reject(denied) }),
  )
  expect(await publish(call, bus, someRecords(3))).toBe('1')
  expect(logged).toHaveBeenCalledWith(expect.objectContaining({ event: 'dependency.failed' }))
})

test('items that are no events are logged, or are names, and hold up no other', async () => {
  const [first, last] = someRecords(2)
  const write = eventOf(table, testAct(now), { type: 'user.created', subject })
  const withChange = (change: object) => Object.assign(recordOf(write, 9).dynamodb?.NewImage ?? {}, change)
  const items = [
    { pk: { S: 'user#x' }, sk: { S: 'by hand' } },
    { sk: { S: 'without a partition' } },
    withChange({ at: { S: 'yesterday' } }),
    withChange({ id: { N: '1' } }),
    freedNameOf(table, testAct(now), userId, 'ada'),
  ]
  const records = items.map((item, index) =>
    recordOf(Object(item).Put ? item : { Put: { Item: item } }, index + 1),
  )
  const removed = { ...recordOf(write, 5), eventName: 'REMOVE' }
  const empty = { eventName: 'INSERT', dynamodb: {} }
  const { call, taken } = busThat(() => ok)
  expect(
    await publish(call, bus, [first, ...records, removed, empty, last] as StreamRecord[]),
  ).toBeUndefined()
  expect(taken.length).toBe(2)
  expect(unreadable()).toEqual(['1', '2', '3', '4'])
})

test.each([
  ['59 minutes', 3_540, 1],
  ['exactly an hour', 3_600, 1],
  ['61 minutes', 3_660, 0],
  ['a month', 2_592_000, 0],
  ['61 minutes before', -3_660, 0],
])('an item that is written %s after its event: %i s', async (_, seconds, count) => {
  const write = eventOf(table, testAct(now), { type: 'user.created', subject })
  const { call, taken } = busThat(() => ok)
  const record = recordOf(write, 1, now.getTime() / 1_000 + seconds)
  expect(await publish(call, bus, [record])).toBeUndefined()
  expect(taken.length).toBe(count)
  if (count === 0) expect(logged).toHaveBeenCalledWith(expect.objectContaining({ event: 'event.copied' }))
})

const denied = failure('AccessDeniedException', '', 400)

test.each<[string, () => Promise<object>, string[], string?]>([
  ['all are taken', async () => ({ Entries: [ok, ok] }), ['put', 'put']],
  [
    'one is not taken now',
    async () => ({ Entries: [ok, throttled] }),
    ['put', 'left'],
    'PutEvents leaves entries: ThrottlingException',
  ],
  ['the response has no results', async () => ({}), ['left', 'left'], 'PutEvents leaves entries: no result'],
  [
    'the call fails',
    () => Promise.reject(denied),
    ['left', 'left'],
    'PutEvents failed: AccessDeniedException',
  ],
])('two entries have a state, and those left have a reason: %s', async (_, call, states, message) => {
  const reasons: unknown[] = []
  const entry = { EventBusName: 'b', Source: 's', DetailType: 'user.created', Time: 0, Detail: '{}' }
  const report = ({ code, message, cause }: Error & { code?: string }) =>
    void reasons.push({ code, message, cause })
  expect(await putEntries(call as EventBridgeCall, [entry, entry], undefined, report)).toEqual(states)
  const cause = message?.includes('failed') ? denied : undefined
  expect(reasons).toEqual(message === undefined ? [] : [{ code: 'unavailable', message, cause }])
})

test('no entries need no call', async () => {
  const call = vi.fn()
  expect(await putEntries(call, [])).toEqual([])
  expect(call).not.toHaveBeenCalled()
})

const origin = { sourceIp: '192.0.2.1', userAgent: 'Mozilla/5.0' }

const recordOf = (write: object, sequence: number, writtenAt = now.getTime() / 1_000): StreamRecord => ({
  eventName: 'INSERT',
  dynamodb: {
    SequenceNumber: String(sequence),
    ApproximateCreationDateTime: writtenAt,
    NewImage: structuredClone(Object(write).Put.Item),
  },
})

const someRecords = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, index) =>
    recordOf(eventOf(table, testAct(now), { type: 'user.created', subject }), index + 1),
  )

const idOf = (record?: StreamRecord): string => Object(record?.dynamodb?.NewImage?.id).S

const unreadable = (): string[] =>
  logged.mock.calls.flatMap(([one]) => (one.event === 'event.unreadable' ? [one.sequence] : []))

interface Fault {
  /** Instead of the call. */
  before?: () => Promise<never>
  /** Instead of the response. */
  after?: () => Promise<Record<string, unknown>>
  outcome?: () => object
}

/** Creates a bus that keeps the entries that it takes. */
function busThat(outcomeOf: (id: string) => object, faultOf: (ids: string[]) => Fault = () => ({})) {
  const taken: { DetailType: string; detail: { id: string; data: { ref?: string } } }[] = []
  const call: EventBridgeCall = async (operation, input) => {
    expect(operation).toBe('PutEvents')
    const entries = (input as { Entries: { DetailType: string; Detail: string }[] }).Entries.map(
      ({ Detail, ...rest }) => ({ ...rest, detail: JSON.parse(Detail) }),
    )
    expect(entries.length).toBeLessThanOrEqual(10)
    const { before, after, outcome } = faultOf(entries.map(({ detail }) => detail.id))
    if (before) return before()
    const outcomes = entries.map(({ detail }) => outcome?.() ?? outcomeOf(detail.id))
    taken.push(...entries.filter((_, index) => 'EventId' in Object(outcomes[index])))
    return after ? after() : { Entries: outcomes }
  }
  return { call, taken }
}

/** Sends records as Lambda does: again from the first that failed. */
async function deliver(call: EventBridgeCall, records: StreamRecord[]): Promise<void> {
  let left = records
  for (let tries = 0; left.length > 0; tries += 1) {
    if (tries > 1_000) throw new Error('the events never arrive')
    const failed = await publish(call, bus, left)
    const from = left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
    left = failed === undefined ? [] : left.slice(from)
  }
}

/** Returns a generator of the same numbers in each run: a linear congruential one. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
