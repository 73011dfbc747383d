import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import type { Tokens } from '../../support/users/sessions.ts'
import { begin } from '../../support/users/sessions.ts'
import { addTestUser } from '../../support/users/users.ts'

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

/** Users, sessions and tokens of one schedule. */
export interface UserScene extends Scene {
  functions: Functions
  id: string
  bobId: string
  names: typeof NAMES
  sessions: KnownSession[]
  tokens: KnownToken[]
}

const NAMES = {
  ada: 'ada',
  email: 'ada@example.org',
  bob: 'bob',
  free: 'carl',
  freeEmail: 'carl@example.org',
}

/**
 * Adds bob and ada, who has an address and two sessions.
 *
 * @returns A function that puts everything back to this state, the clock too, for the next schedule.
 */
export async function firstScene(
  stores: TestService,
  functions: Functions,
): Promise<(options: SceneOptions) => Promise<UserScene>> {
  const { table } = stores
  const names = NAMES
  const { id: bobId } = await addTestUser(table, { username: names.bob })
  const ada = { username: names.ada, email: names.email, passwordHash: FIRST_HASH }
  const { id } = await addTestUser(table, ada)
  const known: Pick<UserScene, 'sessions' | 'tokens'> = { sessions: [], tokens: [] }
  for (let session = 0; session < 2; session += 1) {
    addTokens(known, await begin(stores, functions, names.ada), undefined)
  }
  const restore = await keepState(table)
  const now = Date.now()
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, functions, id, bobId, names, ...structuredClone(known), ...options }
  }
}

/** Adds the tokens of a response to what the clients know. Returns the id of the session. */
export function addTokens(
  scene: Pick<UserScene, 'sessions' | 'tokens'>,
  { authToken, refreshToken }: Tokens,
  by: number | undefined,
): string {
  const { userId, sessionId } = readRefreshToken(refreshToken)
  scene.tokens.push({ authToken, userId, sessionId, by })
  const known = scene.sessions.find(({ id }) => id === sessionId)
  if (known) known.refreshTokens.push(refreshToken)
  else scene.sessions.push({ userId, id: sessionId, refreshTokens: [refreshToken] })
  return sessionId
}
