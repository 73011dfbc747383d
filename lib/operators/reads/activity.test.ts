import { expect, test } from 'vitest'
import { attributesOf, type Table } from '../../aws/dynamodb.ts'
import { lastSignIn } from './activity.ts'

test('a user who causes events without an end does not delay who looks for the last sign-in', async () => {
  let reads = 0
  const table: Table = {
    name: 'table',
    aws: async (_service, _operation, input) => {
      reads += 1
      if (reads > 100) throw new Error('it reads on')
      const { ':kind': kind } = Object(input).ExpressionAttributeValues
      const at = new Date(Date.UTC(2026, 10, 24) - 60_000 * reads).toISOString()
      const details = { type: 'grant.created', actor: 'client', via: 'POST /oauth2/token', requestId: 'id' }
      const event = (_: unknown, index: number) =>
        attributesOf({ pk: 'user#id', sk: `session#${at}#${index}`, id: `${reads}-${index}`, at, ...details })
      return kind.S === 'session#' ? { Items: Array.from({ length: 51 }, event) } : { Items: [] }
    },
  }
  expect(await lastSignIn(table, 'id', 20)).toBeUndefined()
  expect(reads).toBe(40)
})
