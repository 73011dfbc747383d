import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'
import { attribute, type Table, writeIf } from '../aws/dynamodb.ts'
import { eventsOfUser } from '../events/store.ts'
import { applyElapsedFactorReset } from '../factors/reset.ts'
import { MAIL_ID_BYTES, newMailId } from '../mail/confirmation.ts'
import { factorResetKey, findFactorReset } from '../mail/factor-reset.ts'
import { findUser, profileKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { setRole } from './changes.ts'
import { requestFactorReset } from './factors.ts'
import { requestReset } from './reset.ts'

const { table } = await useTable()

test('a link for a new password is requested of the user as seen, and recorded before the mailer', async () => {
  const user = await add()
  const { calls, watched } = watch()
  expect(await requestReset(watched, user, requestOf(), byAdministrator())).toBe(true)
  expect(calls.map(({ operation }) => operation)).toEqual(['TransactWriteItems', 'Invoke'])
  const { username: loginName, generation } = user
  const sent = { kind: 'reset', loginName, generation, by: 'administrator' }
  expect(calls.at(-1)?.input).toEqual({ ...sent, mailId: expect.any(String), at: expect.any(String) })
  const { events } = await eventsOfUser(table, user.id, { limit: 1 })
  expect(events).toMatchObject([{ type: 'mail.requested', detail: 'reset' }])
})

test('of 20 requests at once for one version of a user, one sends a mail', async () => {
  const user = await add()
  const { calls, watched } = watch()
  const all = await Promise.all(
    Array.from({ length: 20 }, () => requestReset(watched, user, requestOf(), testAct())),
  )
  expect(all.filter(Boolean)).toHaveLength(1)
  expect(calls.filter(({ operation }) => operation === 'Invoke')).toHaveLength(1)
})

test('a user who is promoted after the read gets no link, no reset of factors, and no event of them', async () => {
  const user = await add()
  await setRole(table, user, { role: 'admin', changeId: randomUUID() }, testAct())
  const { calls, watched } = watch()
  expect(await requestReset(watched, user, requestOf(), testAct())).toBe(false)
  expect(await requestFactorReset(watched, user, requestOf(), testAct())).toBe(false)
  expect(calls.map(({ operation }) => operation)).toEqual(['TransactWriteItems', 'TransactWriteItems'])
  expect(await findFactorReset(table, user.id)).toBeUndefined()
  const { events } = await eventsOfUser(table, user.id, { limit: 9 })
  expect(events.map(({ type }) => type)).toEqual(['user.updated', 'user.created'])
})

test('a reset of factors has its effect only while the user has the role of its request', async () => {
  const kept = await add()
  const promoted = await add()
  for (const user of [kept, promoted]) {
    expect(await requestFactorReset(table, user, requestOf(), testAct())).toBe(true)
    expect(await findFactorReset(table, user.id)).toMatchObject({ ofRole: 'user' })
    await announce(user)
  }
  const again = (await findUser(table, promoted.id)) as User
  await setRole(table, again, { role: 'admin', changeId: randomUUID() }, testAct())
  expect(await afterSignIn(kept)).toBeUndefined()
  expect(await afterSignIn(promoted)).toBe('totp')
})

let added = 0
const add = async (): Promise<User> => {
  added += 1
  const user = await addTestUser(table, { username: `u-${added}`, factors: 'totp' })
  return user
}

const requestOf = () => ({
  mailer: 'mailer',
  mailId: newMailId(randomBytes(MAIL_ID_BYTES)),
  changeId: randomUUID(),
})

/** Returns the table, and the calls that change something. The mailer takes every event. */
function watch() {
  const calls: { operation: string; input: unknown }[] = []
  const watched: Table = {
    ...table,
    aws: async (service, operation, input) => {
      const isInvocation = service === 'lambda'
      calls.push({ operation: isInvocation ? 'Invoke' : operation, input })
      return isInvocation ? {} : table.aws(service, operation, input)
    },
  }
  return { calls, watched }
}

/** Begins the delay of a reset two days ago. */
const announce = ({ id }: User) =>
  writeIf(table, 'UpdateItem', {
    Key: factorResetKey(id),
    UpdateExpression: 'SET announcedAt = :then, delaySeconds = :delay',
    ExpressionAttributeValues: {
      ':then': attribute(Math.floor(Date.now() / 1_000) - 2 * 86_400),
      ':delay': attribute(86_400),
    },
  })

/** Signs in with the password, and returns the factors that the user has then. */
async function afterSignIn({ id }: User): Promise<string | undefined> {
  const user = (await findUser(table, id)) as User
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const at = { table, config: { MAILER: undefined }, origin, now: new Date(), via: 'POST /login' }
  const { factors } = await applyElapsedFactorReset({ ...at, requestId: 'test' }, user)
  const stored = await table.aws('dynamodb', 'GetItem', { TableName: table.name, Key: profileKey(id) })
  expect(Object(stored.Item).factors?.S).toBe(factors)
  return factors
}

const byAdministrator = () => ({ ...testAct(), actor: 'administrator' as const })
