import { expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { attributesOf, transact } from '../aws/dynamodb.ts'
import { findPending, type PendingClaims, spendPending, startPending } from './pending.ts'
import { providerKey } from './provider.ts'
import { newKey } from './try.ts'

const { table } = await useTable()

const now = new Date('2026-12-01T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const key = newKey()
const claims: PendingClaims = {
  purpose: 'sign-in',
  provider: 'demo',
  providerName: 'Demo',
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
  expect(await findPending(table, token, of, after(899))).toEqual({ ...claims, token, key })
  await expect(findPending(table, token, of, after(900))).rejects.toMatchObject(expired)
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
    findPending(table, unverifiedToken, { key, purpose: 'sign-in', ...of }, now)
  const [body, random] = token.split('.')
  const changed = Buffer.from(JSON.stringify({ ...claims, subject: 'bob' })).toString('base64url')
  await expect(read(token, { key: newKey() })).rejects.toMatchObject(expired)
  await expect(read(token, { key: '' })).rejects.toMatchObject(expired)
  await expect(read(token, { purpose: 'link' })).rejects.toMatchObject(expired)
  await expect(read(`${changed}.${random}`, {})).rejects.toMatchObject(expired)
  await expect(read(`${body}`, {})).rejects.toMatchObject(expired)
  expect(await read(token, {})).toMatchObject(claims)
})

test('an identity token is spent once, in its browser, while it is young', async () => {
  await provider({})
  const token = await stored(4)
  const spend = async (of: object, at: Date) =>
    transact(table, spendPending({ ...claims, token, key, ...of }, at))
  expect(await spend({ key: newKey() }, now)).toEqual([true, false])
  expect(await spend({}, after(900))).toEqual([true, false])
  expect(await spend({}, after(899))).toBeUndefined()
  expect(await spend({}, now)).toEqual([true, false])
  await expect(findPending(table, token, { key, purpose: 'sign-in' }, now)).rejects.toMatchObject(expired)
})

test.each([
  ['was disabled', { disabled: true }],
  ['has changed', { changeId: 'two' }],
  ['was removed', undefined],
])('an identity token is not spent if its provider %s', async (_what, changes) => {
  const token = await stored(5)
  await provider(changes)
  expect(await transact(table, spendPending({ ...claims, token, key }, now))).toEqual([false, true])
})

async function provider(changes: object | undefined) {
  const Key = providerKey(claims.provider)
  const Item = { ...Key, ...attributesOf({ changeId: claims.changeId, disabled: false, ...changes }) }
  await transact(table, [changes ? { Put: { Item } } : { Delete: { Key } }])
}

/** Stores an identity token, also a second time. */
async function stored(seed: number) {
  const { token, write } = startPending(claims, key, now, Buffer.alloc(32, seed))
  await transact(table, [write])
  return token
}
