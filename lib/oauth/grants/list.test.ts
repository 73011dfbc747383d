import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { testGrant } from '../../../test/oauth/clients.ts'
import { useTable } from '../../../test/support/aws/table.ts'
import { testAct, testAt } from '../../../test/support/users/users.ts'
import { batchesOf } from '../../aws/batches.ts'
import type { AwsCall } from '../../aws/client.ts'
import { type TransactWrite, transact } from '../../aws/dynamodb.ts'
import { ServiceError } from '../../errors.ts'
import { secondOf } from '../../time.ts'
import { approvalOf } from './app.ts'
import type { Grant } from './grant.ts'
import { deleteAllowed, endGrantsOfSession, findAllowed, keysOfAllowed } from './list.ts'
import { endingGrantsAtReuse } from './reuse.ts'
import { newGrant } from './store.ts'

const { table } = await useTable()
const now = new Date()

test('all pages of apps and live grants are found, without secrets', async () => {
  const userId = newId()
  const grants = Array.from({ length: 5 }, () => grantOf(userId))
  const expired = grantOf(userId, { expiresAt: secondOf(now) })
  const bound = grantOf(userId, { expiresAt: secondOf(now), offline: false })
  await store(userId, [...grants, expired, bound, grantOf(userId, { sessionId: 'other' })])
  await store(newId(), [grantOf(newId())])
  await endGrantsOfSession(table, { userId, id: 'other' }, testAct(now))
  const paged = inPages(2)
  const found = await findAllowed(paged.table, userId, now)
  expect(paged.calls).toEqual(Array.from({ length: 5 }, () => 'consistent Query'))
  expect(found.apps).toMatchObject([{ clientId: 'shop', generation: 3, scopes: ['openid'] }])
  expect(found.grants.map(({ id }) => id).toSorted()).toEqual(
    [...grants, bound].map(({ id }) => id).toSorted(),
  )
  expect(JSON.stringify(found)).not.toMatch(/a hash|a salt/)
})

test('the end of a session ends its grants with offline_access, each with its event', async () => {
  const userId = newId()
  const grants = Array.from({ length: 30 }, () => grantOf(userId))
  const others = [grantOf(userId, { sessionId: 'other' }), grantOf(userId, { offline: false })]
  await store(userId, [...grants, ...others])
  const { table: counted, calls } = inPages(1_000)
  await endGrantsOfSession(counted, { userId, id: 'session' }, testAct(now))
  expect(calls.filter((operation) => operation === 'TransactWriteItems')).toHaveLength(30)
  const left = await findAllowed(table, userId, now)
  expect(left.grants.map(({ id }) => id).toSorted()).toEqual(others.map(({ id }) => id).toSorted())
})

test.each([
  ['reuse', { isReuse: true }, 0],
  ['another error', {}, 1],
])('%s of a refresh, with %j, leaves %i grants of the session', async (_what, more, left) => {
  const userId = newId()
  await store(userId, [grantOf(userId)])
  const error = Object.assign(new ServiceError('invalid_refresh_token', 'a reason'), more)
  const redeem = () => Promise.reject(error)
  await expect(endingGrantsAtReuse(testAt(table), { userId, sessionId: 'session' }, redeem)).rejects.toBe(
    error,
  )
  expect((await findAllowed(table, userId, now)).grants).toHaveLength(left)
})

test.each([0, 99, 100, 230])('%i grants of a user are deleted with the apps', async (count) => {
  const [userId, other] = [newId(), newId()]
  await store(
    userId,
    Array.from({ length: count }, () => grantOf(userId)),
  )
  await store(other, [grantOf(other)])
  await deleteAllowed(table, await keysOfAllowed(table, userId))
  expect(await findAllowed(table, userId, now)).toEqual({ apps: [], grants: [] })
  expect((await findAllowed(table, other, now)).grants).toHaveLength(1)
})

const newId = () => `6924c4c0${randomBytes(16).toString('base64url')}`

const grantOf = (userId: string, values: Partial<Grant> = {}): Grant =>
  testGrant({ userId, sessionId: 'session', ...values }, now)

async function store(userId: string, grants: readonly Grant[]): Promise<void> {
  const client = { id: 'shop', generation: 7 }
  const approval = approvalOf(undefined, { userId, client, generation: 3, scopes: ['openid'] }, now)
  const writes: TransactWrite[] = grants.map((grant) => {
    const [write] = newGrant(table, grant, testAct(now))
    return write as TransactWrite
  })
  for (const batch of batchesOf([approval.write, ...writes])) await transact(table, batch)
}

/** Returns the table with at most so many items in each page of a query, and the number of calls. */
function inPages(Limit: number) {
  const calls: string[] = []
  const aws: AwsCall = (service, operation, input) => {
    calls.push('ConsistentRead' in input && input.ConsistentRead ? `consistent ${operation}` : operation)
    return table.aws(service, operation, operation === 'Query' ? { Limit, ...input } : input)
  }
  return { table: { ...table, aws }, calls }
}
