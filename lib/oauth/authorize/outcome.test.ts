import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test, vi } from 'vitest'
import { outrunTable, useTable } from '../../../test/support/aws/table.ts'
import { addTestUser, testAct, testAt } from '../../../test/support/users/users.ts'
import { transact } from '../../aws/dynamodb.ts'
import type { Session } from '../../sessions/session.ts'
import { secondOf } from '../../time.ts'
import { CLIENT_RANDOM_BYTES, newClient } from '../clients/client.ts'
import { findCode } from '../codes/store.ts'
import { approvalOf, findApp, revokeApp } from '../grants/app.ts'
import { outcomeOf } from './outcome.ts'

const { table } = await useTable()
const now = new Date()
beforeEach(() => void vi.spyOn(console, 'info').mockReturnValue())
const client = newClient({ id: 'shop', type: 'web', name: 'Shop' }, now, randomBytes(CLIENT_RANDOM_BYTES))

/** Approves a request by a click, while another request changes the app right before each write. */
async function approveDuring(change: (userId: string) => Promise<unknown>, isProven = true) {
  const user = await addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })
  const at = testAt(
    outrunTable(table, 'TransactWriteItems', () => change(user.id)),
    now,
  )
  const session = { id: 'a', authTime: secondOf(now), amr: 'pwd' } as Session
  const request = { challenge: 'c', prompts: [], scopes: ['openid'], acrValues: [] }
  const click = { sub: user.id, scope: 'openid' }
  const asked = {
    client,
    redirectUri: 'https://shop.example',
    request,
    click,
    isProven: async () => isProven,
  }
  return outcomeOf({ ...at, config: { MAILER: undefined } }, asked, { user, session, state: 'current' })
}

const allow = async (userId: string) => {
  const approval = { userId, client, scopes: ['openid'], generation: 5 }
  await transact(table, [approvalOf(await findApp(table, userId, 'shop'), approval, now).write])
}

test('a code belongs to the app that another request stores at the same time', async () => {
  const outcome = Object(await approveDuring(allow))
  expect(await findCode(table, outcome.code)).toMatchObject({ userId: outcome.userId, appGeneration: 5 })
})

test('a request without an access token of the session leads to a refresh', async () => {
  expect(await approveDuring(allow, false)).toEqual({ next: 'refresh' })
})

test('an app that changes before the second write too is an outage', async () => {
  let changes = 0
  const change = async (userId: string) => {
    changes += 1
    const app = await findApp(table, userId, 'shop')
    await (app ? revokeApp(table, userId, app, testAct(now)) : allow(userId))
  }
  await expect(approveDuring(change)).rejects.toMatchObject({ code: 'unavailable' })
  expect(changes).toBe(2)
})
