import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Item } from '../../../lib/aws/dynamodb.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import { SESSION_RANDOM_BYTES, type Session, startSession } from '../../../lib/sessions/session.ts'
import { findSession } from '../../../lib/sessions/store.ts'
import { USER_STATE, type User, type UserState } from '../../../lib/users/user.ts'
import { useTable } from '../aws/table.ts'
import { addTestUser, storeSession } from './users.ts'

// Each test file that imports this has its own table, and each of its tests a new user with one session.

export const { table } = await useTable()
export const { aws } = table

export const now = new Date('2026-11-24T15:00:00.400Z')
export const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
export const policy = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
export const start = (of: UserState, from = origin, at = now) =>
  startSession(
    of,
    { amr: 'pwd', inCookie: false, origin: from, lifetimes: policy },
    at,
    randomBytes(SESSION_RANDOM_BYTES),
  )

let count = 0
export let ada: User
export let session: Session
export let refreshToken: string
export let secret: string
export let records: unknown[]
beforeEach(async () => {
  count += 1
  ada = await addTestUser(table, { username: `ada-${count}` }, later(-60))
  ;({ session, refreshToken } = start(ada))
  ;({ secret } = readRefreshToken(refreshToken))
  await storeSession(table, session)
  records = []
  vi.spyOn(console, 'warn').mockImplementation((record) => void records.push(record))
})
afterEach(() => vi.restoreAllMocks())

/** Replaces the test's session by a later state of it. */
export function setSession(later: Session, newSecret: string): void {
  ;[session, secret] = [later, newSecret]
}

/** Returns what is read of the test's user with a session. */
export const userState = (): UserState =>
  Object.fromEntries(
    (['id', ...USER_STATE] as const).map((name) => [name, ada[name]]),
  ) as unknown as UserState

export const stored = async (id = session.id) => (await findSession(table, ada.id, id)).session

const keyOf = (sk: string) => ({ pk: { S: `user#${ada.id}` }, sk: { S: sk } })

/** Returns a session's item, which may be a tombstone. */
export const itemOf = async ({ id }: Session = session): Promise<Item | undefined> => {
  const input = { TableName: table.name, Key: keyOf(`session#${id}`), ConsistentRead: true }
  return (await aws('dynamodb', 'GetItem', input)).Item as Item | undefined
}
export const remove = (sk: string) => aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: keyOf(sk) })
