import { expect, test } from 'vitest'
import { type Attempt, wiring } from '../aws/gate.ts'
import type { Choose } from './schedule.ts'
import { run } from './schedule.ts'
import { exhaustively, fewestDeviationsFirst } from './systematic.ts'

/** Requests of one item, each of another operation. */
const REQUESTS: Record<string, (pk: string) => Omit<Attempt, 'send'>> = {
  get: (pk) => ({ operation: 'GetItem', input: { Key: keyOf(pk) } }),
  batch: (pk) => ({ operation: 'BatchGetItem', input: { RequestItems: { table: { Keys: [keyOf(pk)] } } } }),
  query: (pk) => ({ operation: 'Query', input: { ExpressionAttributeValues: { ':pk': { S: pk } } } }),
  put: (pk) => ({ operation: 'PutItem', input: { Item: keyOf(pk) } }),
  update: (pk) => ({ operation: 'UpdateItem', input: { Key: keyOf(pk) } }),
  transact: (pk) => ({
    operation: 'TransactWriteItems',
    input: { TransactItems: [{ Update: { Key: keyOf(pk) } }] },
  }),
}

test.each<[maxFaults: number, scripts: string[][]]>([
  [
    0,
    [
      ['get x', 'put y', 'get x'],
      ['put x', 'get y', 'put x'],
    ],
  ],
  [
    0,
    [
      ['get x', 'put x'],
      ['query x', 'batch y'],
      ['transact y', 'put x'],
    ],
  ],
  [
    1,
    [
      ['batch x', 'update y', 'query x'],
      ['transact x', 'query y', 'update x'],
    ],
  ],
  [2, [['get x', 'put y'], ['put x']]],
])('orders that are left out have no other outcome, with %i faults', async (maxFaults, scripts) => {
  const all = await outcomesOf(
    exhaustively(() => true),
    scripts,
    maxFaults,
  )
  const some = await outcomesOf(exhaustively(), scripts, maxFaults)
  expect(distinct(some)).toEqual(distinct(all))
  expect(some.length).toBeLessThan(all.length)
})

test('orders come by their number of deviations', async () => {
  const scripts = [
    ['put x', 'put x'],
    ['put x', 'put x'],
  ]
  const outcomes = await outcomesOf(fewestDeviationsFirst(4), scripts)
  expect(outcomes.map(({ x }) => x)).toEqual(['0011', '1100', '1100', '0110'])
})

const keyOf = (pk: string) => ({ pk: { S: pk }, sk: { S: 'profile' } })

/** Runs operations on items in the orders of a search. Returns for each order what was read and what was stored. */
async function outcomesOf(orders: Iterable<Choose>, scripts: readonly string[][], maxFaults = 0) {
  const outcomes: { read: unknown; x: string; y: string }[] = []
  for (const choose of orders) {
    const stored: Record<string, string> = { x: '', y: '' }
    const operations = scripts.map((steps, by) => ({
      async run() {
        const read: unknown[] = []
        for (const step of steps) {
          const [kind = '', pk = ''] = step.split(' ')
          const send = async () => {
            if (/put|update|transact/.test(kind)) stored[pk] += String(by)
            return { status: 200, body: stored[pk] ?? '' }
          }
          const request = REQUESTS[kind]?.(pk) as Attempt
          const sent = wiring.gates.getStore()?.({ ...request, send })
          read.push(await sent?.then(({ body }) => body, String))
        }
        return read
      },
    }))
    const history = await run(operations, choose, { maxFaults })
    if (history === undefined) continue
    const { x = '', y = '' } = stored
    outcomes.push({ read: history.ends.map(({ value }) => value), x, y })
  }
  return outcomes
}

const distinct = (outcomes: unknown[]) => new Set(outcomes.map((outcome) => JSON.stringify(outcome)))
