import { expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { transact } from '../aws/dynamodb.ts'
import { type PendingClaims, readPending, spendPending, startPending } from './pending.ts'
import { newKey } from './try.ts'

const { table } = await useTable()

const now = new Date('2026-12-01T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const key = newKey()
const claims: PendingClaims = {
  purpose: 'sign-in',
  provider: 'demo',
  changeId: 'one',
  issuer: 'https://id.example',
  subject: 'ada',
  label: 'ada@mail.example',
  isProven: false,
  userId: '',
}
const expired = { code: 'invalid_credentials', error: 'identity_expired' }

test('an identity token has the claims until the second before it expires', async () => {
  const token = await stored(1)
  const of = { key, purpose: 'sign-in' } as const
  expect(await readPending(table, token, of, after(899))).toEqual(claims)
  await expect(readPending(table, token, of, after(900))).rejects.toMatchObject(expired)
})

test('only a hash and a time of an identity token are stored', () => {
  const { token, write } = startPending(claims, key, now, Buffer.alloc(32, 2))
  expect(write).toEqual({
    Put: {
      Item: {
        pk: { S: expect.stringMatching(/^pending#[\w-]{43}$/) },
        sk: { S: 'pending' },
        expiresAt: { N: String(now.getTime() / 1_000 + 900) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  })
  expect(token.split('.')[1]).toBe(Buffer.alloc(32, 2).toString('base64url'))
})

test('an identity token counts in its browser only, for its purpose only, with its claims only', async () => {
  const token = await stored(3)
  const read = (unverifiedToken: string, of: object) =>
    readPending(table, unverifiedToken, { key, purpose: 'sign-in', ...of }, now)
  const [body, random] = token.split('.')
  const changed = Buffer.from(JSON.stringify({ ...claims, subject: 'bob' })).toString('base64url')
  await expect(read(token, { key: newKey() })).rejects.toMatchObject(expired)
  await expect(read(token, { key: '' })).rejects.toMatchObject(expired)
  await expect(read(token, { purpose: 'link' })).rejects.toMatchObject(expired)
  await expect(read(`${changed}.${random}`, {})).rejects.toMatchObject(expired)
  await expect(read(`${body}`, {})).rejects.toMatchObject(expired)
  expect(await read(token, {})).toEqual(claims)
})

test('an identity token is spent once, in its browser, while it is young', async () => {
  const token = await stored(4)
  expect(await transact(table, [spendPending(token, newKey(), now)])).toEqual([true])
  expect(await transact(table, [spendPending(token, key, after(900))])).toEqual([true])
  expect(await transact(table, [spendPending(token, key, after(899))])).toBeUndefined()
  expect(await transact(table, [spendPending(token, key, now)])).toEqual([true])
  await expect(readPending(table, token, { key, purpose: 'sign-in' }, now)).rejects.toMatchObject(expired)
})

async function stored(seed: number) {
  const { token, write } = startPending(claims, key, now, Buffer.alloc(32, seed))
  expect(await transact(table, [write])).toBeUndefined()
  return token
}
