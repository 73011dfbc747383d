import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { testAct } from '../../test/support/users/users.ts'
import type { Role } from '../application/roles.ts'
import { transact } from '../aws/dynamodb.ts'
import { CONFIRMATION_RANDOM_BYTES, MAIL_ID_BYTES, newMailId, startConfirmation } from './confirmation.ts'
import {
  claimMail,
  findClaim,
  findConfirmation,
  findInvitedRole,
  isInvited,
  markSent,
  releaseMail,
  spend,
  storeInvitation,
} from './store.ts'

const { table } = await useTable()

const now = new Date()

test('a claim is made once, and a repeated write recognises itself', async () => {
  const id = newId()
  expect(await findClaim(table, id, by('first'))).toBe('unclaimed')
  expect(await claim(id, 'first')).toBe('claimed')
  expect(await claim(id, 'second')).toBe('unresolved')
  expect(await claim(id, 'third', 'other')).toBe('repeated')
  expect(await claim(id, 'first')).toBe('claimed')
})

test('a released claim is made again by its own invocation only', async () => {
  const id = newId()
  await claim(id, 'first')
  await releaseMail(table, id, by('first'), now)
  expect(await findConfirmation(table, id)).toBeUndefined()
  expect(await claim(id, 'second', 'other')).toBe('repeated')
  expect(await claim(id, 'third')).toBe('claimed')
  expect(await findConfirmation(table, id)).toMatchObject({ kind: 'registration' })
})

test('a release that arrives late leaves the claim of another try', async () => {
  const id = newId()
  await claim(id, 'first')
  await releaseMail(table, id, by('first'), now)
  await claim(id, 'second')
  await releaseMail(table, id, by('first'), now)
  await markSent(table, id, { claim: by('first') }, now)
  expect(await findConfirmation(table, id)).toMatchObject({ kind: 'registration' })
  expect(await claim(id, 'third')).toBe('unresolved')
})

test('a mail that was sent is repeated for every later try, also after it is spent', async () => {
  const id = newId()
  await claim(id, 'first')
  await markSent(table, id, { claim: by('first') }, now)
  expect(await claim(id, 'second')).toBe('repeated')
  expect(await transact(table, [spend(id, now)])).toBeUndefined()
  expect(await transact(table, [spend(id, now)])).toEqual([true])
  expect(await claim(id, 'third')).toBe('repeated')
  expect(await claim(id, 'fourth', 'other')).toBe('repeated')
})

test.each([
  ['admin', 'admin'],
  ['owner', undefined],
])('an invitation with the role %s gives the role %s', async (stored, role) => {
  const id = newId()
  await storeInvitation(table, id, stored as Role, testAct(now))
  expect(await isInvited(table, id)).toBe(true)
  expect(await findInvitedRole(table, id)).toBe(role)
  expect(await findInvitedRole(table, newId())).toBeUndefined()
})

const newId = () => newMailId(randomBytes(MAIL_ID_BYTES), 'ada@example.org')

const by = (claimId: string, invocationId = 'one') => ({ claimId, invocationId })

const claim = (id: string, claimId: string, invocationId?: string) => {
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation } = startConfirmation({ kind: 'registration', mailId: id, bindings: {} }, now, random)
  return claimMail(table, id, { claim: by(claimId, invocationId), confirmation }, now)
}
