import { randomBytes, randomUUID } from 'node:crypto'
import type { Item, Table } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import { isLive, SESSION_RANDOM_BYTES, startSession } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { removeUser } from '../../../lib/users/names.ts'
import { revokeTokens } from '../../../lib/users/revocation.ts'
import {
  changeUser,
  findUserByName,
  profileKey,
  replaceHash,
  type UserChanges,
} from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import argon2Cffi from '../../security/hashes/argon2-cffi.json' with { type: 'json' }
import { patientCaller } from '../aws/patient.ts'
import type { ApiResponse, Functions } from '../http/functions.ts'
import { addTestUser, storeSession, testAct } from './users.ts'

const REGION = 'eu-central-1'
export const TABLE_NAME = 'serverless-jwt-auth-dev-auth'

export const PASSWORD = 'a password for tests'
export const NEW_PASSWORD = 'another password for tests'
const PASSWORD_HASH = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))

/** A password with a hash by another program, whose cost is below the service's own. */
export const WEAK = argon2Cffi.rows.find(({ hash }) => hash.includes('$m=8,')) ?? { password: '', hash: '' }

// Other files may add users to the same table.
const own = randomBytes(4).toString('hex')
let added = 0

/** Returns a username that no other test has. */
export function newName(): string {
  added += 1
  return `user-${own}-${added}`
}

/** Returns an operator's actions on the table. */
export function operator<T extends Table>(table: T) {
  return {
    table,
    /** Adds a user. Defaults: a unique name, and {@link PASSWORD}. */
    async add(user: Partial<User> = {}): Promise<string> {
      const values = { username: newName(), passwordHash: PASSWORD_HASH, ...user }
      await addTestUser(table, values)
      return values.username
    },
    /** Changes a user and revokes its tokens, as `npm run users` does. */
    async change(username: string, changes: UserChanges): Promise<void> {
      const user = await this.user(username)
      await changeUser(
        table,
        user,
        { changes: { ...changes, ...revokeTokens(user) }, changeId: randomUUID() },
        testAct(),
      )
    },
    /** Replaces a user's password hash and revokes nothing. */
    async setHash(username: string, passwordHash: string): Promise<void> {
      await replaceHash(table, await this.user(username), { passwordHash })
    },
    async user(username: string): Promise<User> {
      const user = await findUserByName(table, username)
      if (user === undefined) throw new Error(`there is no user ${username}`)
      return user
    },
    /** Removes a user and frees its names. */
    async remove(username: string): Promise<void> {
      await removeUser(table, await this.user(username), [], testAct())
    },
    /** Returns all items of a user by sort key: the profile and the sessions. */
    async itemsOf(username: string): Promise<Record<string, Item>> {
      return this.items(profileKey((await this.user(username)).id).pk.S)
    },
    /** Returns all items of a partition key, by sort key. */
    async items(pk: string): Promise<Record<string, Item>> {
      const input = {
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      }
      const { Items } = await table.aws('dynamodb', 'Query', input)
      return Object.fromEntries((Items as Item[]).map((item) => [(item.sk as { S: string }).S, item]))
    },
    /** Moves the rotation of a session ten seconds back. */
    async letTenSecondsPass(username: string, sessionId: string): Promise<void> {
      const input = {
        TableName: table.name,
        Key: { pk: profileKey((await this.user(username)).id).pk, sk: { S: `session#${sessionId}` } },
        UpdateExpression: 'SET rotatedAtMs = rotatedAtMs - :passed',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':passed': { N: '10000' } },
      }
      await table.aws('dynamodb', 'UpdateItem', input)
    },
    /** Returns all items. */
    scan: (): Promise<Item[]> => allItems(table, 'Scan', { ConsistentRead: true }),
    /** Returns the number of attempts in a counter, in all its windows. */
    async attempts(pk: string, name: string): Promise<number> {
      const counters = Object.entries(await this.items(pk)).filter(([sk]) => sk.replace(/#\d+$/, '') === name)
      return counters.reduce((sum, [, item]) => sum + (Object(item.ids).SS ?? []).length, 0)
    },
  }
}

export type Operator = ReturnType<typeof operator<Table>>

/** Returns the table of a running service. */
export const tableAt = (dynamoDbUrl: string): Table => ({
  aws: patientCaller({
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoints: { dynamodb: new URL(dynamoDbUrl) },
  }),
  name: TABLE_NAME,
})

/** Response of a login or refresh. */
export interface Tokens {
  authToken: string
  tokenType: string
  expiresIn: number
  refreshToken: string
  refreshExpiresIn: number
}

/** Reads the response of a login or refresh that must have succeeded. */
export function tokensOf({ status, text }: ApiResponse): Tokens {
  if (status !== 200) throw new Error(`no tokens: ${status} ${text}`)
  return JSON.parse(text)
}

export const signIn = async (functions: Functions, username: string, password = PASSWORD) =>
  tokensOf(await functions.ask('login', { body: { username, password } }))

export const refresh = (functions: Functions, refreshToken: string) =>
  functions.ask('refresh', { body: { refreshToken } })

/** Adds a session in a cookie to the table, and returns its first refresh token. */
export async function addSession(
  { table }: Pick<Operator, 'table'>,
  username: string,
  now = new Date(),
): Promise<string> {
  const user = await findUserByName(table, username)
  if (user === undefined) throw new Error(`there is no user ${username}`)
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const start = { amr: 'pwd', inCookie: true, origin, lifetimes } as const
  const { session, refreshToken } = startSession(user, start, now, random)
  await storeSession(table, session)
  return refreshToken
}

/** Begins a session as a login does, without the cost of a password hash. */
export const begin = async (stores: Pick<Operator, 'table'>, functions: Functions, username: string) =>
  tokensOf(await refresh(functions, await addSession(stores, username)))

/** Returns the number of sessions of a user that have not ended. */
export async function countLiveSessions(
  { table }: Pick<Operator, 'table'>,
  username: string,
): Promise<number> {
  const user = await findUserByName(table, username)
  if (user === undefined) return 0
  const { sessions } = await findSessions(table, user.id)
  return sessions.filter((session) => isLive(session, user, new Date())).length
}

/** Returns the user id, the session id and the secret of a refresh token. */
export const partsOf = readRefreshToken
