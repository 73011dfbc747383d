import { expect, test } from 'vitest'
import { ownEvents } from './own.ts'

test.each([
  ['the first page', undefined, [false, false]],
  [
    'a later page',
    Buffer.from('2026-11-28T14:05:06.789Z#id').toString('base64url'),
    [true, true, false, false],
  ],
])('%s of events needs no further query', async (_, cursor, expected) => {
  const starts: boolean[] = []
  const aws = async (_service: string, _operation: string, input: object) => {
    starts.push('ExclusiveStartKey' in input)
    return {}
  }
  expect(await ownEvents({ aws, name: 'users' }, 'id', cursor)).toEqual({ events: [] })
  expect(starts).toEqual(expected)
})
