import { expect, test } from 'vitest'
import type { Invocation } from '../lambda/lambda-socket.ts'
import { createDeliveries } from './deliveries.ts'
import type { BusEvent } from './event-bridge.ts'

const returned: Invocation = { isReturned: true, payload: 'null' }
const thrown: Invocation = { isReturned: false, payload: '{"errorMessage":"no mail"}' }

const event = (id = '1', type = 'user.created', via = 'users add') =>
  ({ 'detail-type': type, detail: { id, data: { via } } }) as object as BusEvent

test('an event invokes each function of its type once, and each is one line', async () => {
  const { deliver, lines, calls } = start(['welcome', 'count'])
  deliver(event())
  await expect
    .poll(() => lines.toSorted())
    .toEqual([
      expect.stringMatching(/^user\.created → count \d+ ms$/),
      expect.stringMatching(/^user\.created → welcome \d+ ms$/),
    ])
  expect(calls).toEqual(['dev-welcome', 'dev-count'].map((name) => ({ name, event: event() })))
})

test.each([
  ['of another type', event('1', 'user.deleted')],
  ['of an import', event('1', 'user.created', 'users import')],
])('an event %s invokes nothing and prints nothing', async (_what, other) => {
  const { deliver, lines, calls } = start(['welcome'])
  deliver(other)
  deliver(event('2'))
  await expect.poll(() => lines).toHaveLength(1)
  expect(calls).toEqual([{ name: 'dev-welcome', event: event('2') }])
})

test('a function that throws twice is one line, after the third attempt', async () => {
  const { deliver, lines, calls } = start(['welcome'], [thrown, thrown, returned])
  deliver(event())
  await expect.poll(() => lines).toEqual([expect.stringMatching(/^user\.created → welcome \d+ ms$/)])
  expect(calls).toHaveLength(3)
  expect(new Set(calls.map((one) => JSON.stringify(one))).size).toBe(1)
})

test('a function that throws three times is one line, with what it threw', async () => {
  const { deliver, lines, calls } = start(
    ['welcome'],
    [thrown, thrown, thrown],
    ['threw Error: no mail\nat x'],
  )
  deliver(event())
  await expect
    .poll(() => lines)
    .toEqual(['user.created → welcome failed 3 times: threw Error: no mail\n  at x'])
  expect(calls).toHaveLength(3)
})

test('a function that cannot be invoked is a line, too', async () => {
  const { deliver, lines } = start(['welcome'], Array(3).fill(new Error('ECONNREFUSED')))
  deliver(event())
  await expect
    .poll(() => lines)
    .toEqual(['user.created → welcome failed 3 times: {"errorMessage":"Error: ECONNREFUSED"}'])
})

test('each tenth event that has a function comes twice', async () => {
  const { deliver, lines, calls } = start(['welcome'])
  for (let id = 1; id <= 20; id += 1) {
    deliver(event(String(id)))
    deliver(event('no function', 'user.deleted'))
  }
  await expect.poll(() => lines).toHaveLength(22)
  const ids = calls.map((one) => Object(one.event).detail.id)
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
  expect(twice).toEqual(['10', '20'])
  expect(lines.filter((line) => line.endsWith(' ms (again)'))).toHaveLength(2)
})

/** Starts deliveries to functions, which have these outcomes in turn. */
function start(keys: string[], outcomes: (Invocation | Error)[] = [], noted: string[] = []) {
  const lines: string[] = []
  const calls: { name: string; event: object }[] = []
  const pattern = {
    'detail-type': ['user.created'],
    detail: { data: { via: [{ 'anything-but': ['users import'] }] } },
  }
  const deliver = createDeliveries({
    subscribers: keys.map((key) => ({ key, functionName: `dev-${key}`, pattern })),
    pausesMs: [1, 1],
    async invoke(name, one, { notes }) {
      calls.push({ name, event: one })
      notes.push(...noted)
      const outcome = outcomes.shift() ?? returned
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    print: (line) => lines.push(line),
  })
  return { deliver, lines, calls }
}
