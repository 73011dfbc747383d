import { randomBytes } from 'node:crypto'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import type { Functions, Stores, Tokens } from '../sessions.ts'
import { begin } from '../sessions.ts'
import { addTestUser } from '../users.ts'

/** Ada's password, and those that she and the operator choose. */
export const PASSWORDS = {
  first: 'the first password',
  own: 'a password by ada',
  operator: 'a password by the operator',
  added: 'a password of a new user',
}

const hashOf = (password: string) => hashPassword(password, randomBytes(SALT_BYTES))

/** Hashes for imports. */
export const HASHES = { added: await hashOf(PASSWORDS.added) }

/**
 * Ada's hash. Its cost is below the service's own, so each sign-in replaces it. With the cheap argon2 of tests,
 * all costs give the same tag.
 */
const FIRST_HASH = (await hashOf(PASSWORDS.first)).replace(/m=\d+,t=\d+/, 'm=8,t=1')

/** A session as its clients know it. */
export interface KnownSession {
  userId: string
  id: string
  /** All refresh tokens that a client got, in the order of the responses. */
  refreshTokens: string[]
}

/** An access token that a client got. */
export interface KnownToken {
  authToken: string
  userId: string
  sessionId: string
  /** Index of the operation that got it; `undefined` if it is older than all of them. */
  by: number | undefined
}

/** Users, sessions and tokens of one schedule, with names that no other schedule uses. */
export interface Scene {
  functions: Functions
  /** The operator's view. */
  table: Table
  id: string
  bobId: string
  names: { ada: string; email: string; bob: string; free: string; freeEmail: string }
  sourceIp: string
  sessions: KnownSession[]
  tokens: KnownToken[]
  /** Chooses the session that an operation uses, when it begins. */
  pick<T>(values: readonly T[]): T
  /** Called when a client's request begins. */
  tick(): void
}

let count = 0

/** Adds bob and ada, who has an address and two sessions. */
export async function newScene(
  stores: Stores,
  functions: Functions,
  options: Pick<Scene, 'pick' | 'tick'>,
): Promise<Scene> {
  count += 1
  const { table } = stores
  const names = {
    ada: `ada-${count}`,
    email: `ada-${count}@example.org`,
    bob: `bob-${count}`,
    free: `carl-${count}`,
    freeEmail: `carl-${count}@example.org`,
  }
  const { id: bobId } = await addTestUser(table, { username: names.bob })
  const { id } = await addTestUser(table, {
    username: names.ada,
    email: names.email,
    passwordHash: FIRST_HASH,
  })
  const sourceIp = `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`
  const scene: Scene = { functions, table, id, bobId, names, sourceIp, sessions: [], tokens: [], ...options }
  for (let session = 0; session < 2; session += 1) {
    addTokens(scene, await begin(stores, functions, names.ada), undefined)
  }
  return scene
}

/** Adds the tokens of a response to what the clients know. */
export function addTokens(scene: Scene, { authToken, refreshToken }: Tokens, by: number | undefined): void {
  const { userId, sessionId } = readRefreshToken(refreshToken)
  scene.tokens.push({ authToken, userId, sessionId, by })
  const known = scene.sessions.find(({ id }) => id === sessionId)
  if (known) known.refreshTokens.push(refreshToken)
  else scene.sessions.push({ userId, id: sessionId, refreshTokens: [refreshToken] })
}

/** Returns the claims of an access token. */
export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
