import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { startStores } from '../../test/support/sessions.ts'
import { transact } from '../aws/dynamodb.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  newRequestId,
  REQUEST_ID_BYTES,
  startConfirmation,
} from './confirmation.ts'
import { claimMail, findConfirmation, releaseMail, spend } from './store.ts'

const { aws, table } = await startStores()
afterAll(() => aws.stop())

const now = new Date()
const newId = () => newRequestId(randomBytes(REQUEST_ID_BYTES), 'ada@example.org')
const claim = (id: string, claimId: string) => {
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation } = startConfirmation('registration', id, {}, now, random)
  return claimMail(table, id, claimId, confirmation, now)
}

test('a claim is made once, and a repeated write recognises itself', async () => {
  const id = newId()
  expect(await claim(id, 'first')).toBe(true)
  expect(await claim(id, 'second')).toBe(false)
  expect(await claim(id, 'first')).toBe(true)
})

test('a release that arrives late leaves the claim of another try', async () => {
  const id = newId()
  await claim(id, 'first')
  await releaseMail(table, id, 'first')
  await claim(id, 'second')
  await releaseMail(table, id, 'first')
  expect(await findConfirmation(table, id)).toMatchObject({ kind: 'registration' })
})

test('a confirmation is spent once, and not after its release', async () => {
  const id = newId()
  await claim(id, 'first')
  expect(await transact(table, [spend(id, now)])).toBeUndefined()
  expect(await transact(table, [spend(id, now)])).toEqual([true])
  await releaseMail(table, id, 'first')
  expect(await transact(table, [spend(id, now)])).toEqual([true])
  expect(await findConfirmation(table, id)).toBeUndefined()
})
