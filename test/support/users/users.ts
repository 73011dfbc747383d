import { randomBytes } from 'node:crypto'
import { attribute, type Table, transact, writeIf } from '../../../lib/aws/dynamodb.ts'
import type { At } from '../../../lib/context.ts'
import type { Act } from '../../../lib/events/event.ts'
import { addPasskey } from '../../../lib/factors/passkeys/store.ts'
import { newRecoveryCodes } from '../../../lib/factors/recovery-codes/store.ts'
import { SESSION_RANDOM_BYTES, type Session, startSession } from '../../../lib/sessions/session.ts'
import { storedSession } from '../../../lib/sessions/store.ts'
import { createUser } from '../../../lib/users/names.ts'
import { profileKey } from '../../../lib/users/store.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../../../lib/users/user.ts'
import type { OperatorTable } from '../../../scripts/cli/operator.ts'

/** Returns the act of a test. */
export const testAct = (now = new Date()): Act => ({ actor: 'system', via: 'test', requestId: 'test', now })

/** Returns what the steps of a request have in common, without settings. */
export const testAt = <T extends Table>(table: T, now = new Date()): At<never, T> => ({
  table,
  config: {},
  origin: { sourceIp: '203.0.113.7', userAgent: 'test' },
  now,
  via: 'POST /test',
  requestId: 'test',
})

/** Returns a table whose operator is a test. */
export const asOperator = (table: Table, now = () => new Date()): OperatorTable => ({
  ...table,
  act: () => ({ ...testAct(now()), actor: 'operator', actorId: 'arn:aws:iam::000000000000:user/test' }),
})

/** Stores a session without an event, if it is not there. */
export const storeSession = (table: Table, session: Session) => transact(table, [storedSession(session)])

/** Stores a session that a user begins with a password in a browser. */
export async function addTestSession(table: Table, user: User, now: Date): Promise<Session> {
  const start = {
    amr: 'pwd' as const,
    inCookie: true,
    origin: { sourceIp: '203.0.113.7', userAgent: 'test' },
    lifetimes: { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 },
  }
  const { session } = startSession(user, start, now, randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  return session
}

/** Creates a user with the role `user` and a hash that no password matches, unless the values differ. */
export const testUser = (values: Partial<User> & Pick<User, 'username'>, now = new Date()): User =>
  newUser({ role: 'user', passwordHash: 'hash', ...values }, now, randomBytes(USER_RANDOM_BYTES))

/** Creates and stores such a user. */
export async function addTestUser(
  table: Table,
  values: Partial<User> & Pick<User, 'username'>,
  now = new Date(),
): Promise<User> {
  const user = testUser(values, now)
  const outcome = await createUser(table, user, testAct(now))
  if (outcome !== 'done') throw new Error(`${values.username} is ${outcome}`)
  return user
}

/** Gives a user two passkeys and recovery codes, as they are stored. No authenticator has the passkeys. */
export async function giveFactors(table: Table, { id }: Pick<User, 'id'>): Promise<void> {
  const passkeys = ['phone', 'key'].map((name) => ({
    credentialId: randomBytes(16).toString('base64url'),
    publicKey: 'key',
    counter: 0,
    deviceType: 'singleDevice' as const,
    backedUp: false,
    uvInitialized: true,
    name,
    createdAt: new Date().toISOString(),
  }))
  const { write } = newRecoveryCodes(id, new Date())
  await transact(table, [...passkeys.flatMap((passkey) => addPasskey(id, passkey)), write])
  await writeIf(table, 'UpdateItem', {
    Key: profileKey(id),
    UpdateExpression: 'SET factors = :factors',
    ExpressionAttributeValues: { ':factors': attribute('passkey') },
  })
}
