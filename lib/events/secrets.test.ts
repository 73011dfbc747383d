import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { ISSUER, withKms } from '../../test/support/aws/fake-kms.ts'
import { isProof } from '../../test/support/rows.ts'
import { testAct, testAt, testUser } from '../../test/support/users/users.ts'
import type { Item, Table } from '../aws/dynamodb.ts'
import { storeEnrolmentCode } from '../enrolment/code.ts'
import { changeFactors } from '../factors/change.ts'
import { CODE_RANDOM_BYTES } from '../factors/recovery-codes/recovery-codes.ts'
import { MAIL_ID_BYTES, newMailId } from '../mail/confirmation.ts'
import { storeFactorReset } from '../mail/factor-reset.ts'
import { storeInvitation } from '../mail/store.ts'
import { endSession } from '../sessions/store.ts'
import { completeSignIn } from '../sign-in/complete.ts'
import { passwordEvent } from '../sign-in/correct-password.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, startLoginToken, storeLoginToken } from '../sign-in/login-token.ts'
import { AMR } from '../users/factors.ts'
import { changeNames, createUser, removeUser } from '../users/names.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { eventsTableOf } from './event.ts'

const EVENTS = isProof ? 10_000 : 1_000

/** Events of the writes that were made. */
const events: Item[] = []
const table: Table = {
  name: 'users',
  aws: async (_service, operation, input) => {
    if (operation === 'TransactWriteItems') {
      const { TransactItems } = input as { TransactItems: { Put?: { TableName: string; Item: Item } }[] }
      events.push(
        ...TransactItems.flatMap(({ Put }) => (Put?.TableName === eventsTableOf(table) ? [Put.Item] : [])),
      )
    }
    return {}
  },
}

/** Makes a change of every kind, and returns what must not be in its events. */
const CHANGES: ((user: User) => Promise<readonly string[]>)[] = [
  async (user) => {
    await createUser(table, user, testAct())
    return []
  },
  async (user) => {
    const { username, email } = secretUser()
    await changeNames(
      table,
      user,
      { names: { username, email, emailVerified: true }, changeId: randomUUID() },
      testAct(),
    )
    return [username, String(email)]
  },
  async (user) => {
    const passwordHash = `$argon2id$${random()}`
    const change = { changes: { passwordHash, ...revokeSessions(user) }, changeId: randomUUID() }
    await changeUser(table, user, change, testAct())
    return [passwordHash]
  },
  async (user) => {
    await removeUser(table, user, [], testAct())
    return []
  },
  async (user) => {
    const happening = { changes: ['totp'], detail: 'added' } as const
    const writes = [{ Put: { Item: { ciphertext: { S: random() } } } }]
    const change = { factors: 'totp', isRevoking: true, changeId: randomUUID(), writes, happening }
    await changeFactors(table, user, change, testAct())
    return []
  },
  async (user) => {
    const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
    const lifetimes = { absoluteTtlSeconds: 60, idleTtlSeconds: 60 }
    const start = { user, amr: AMR.recoveryCode, inCookie: false, origin, lifetimes }
    const at = { ...testAt(withKms(table)), config: ISSUER }
    const { refreshToken, session, token } = await completeSignIn(at, start, async () => ({ endings: [] }))
    await endSession(table, session, 'reused', testAct())
    return [token.authToken, String(refreshToken.split('.').at(-1)), session.secretHash, session.salt]
  },
  async (user) => {
    const address = `${random()}@example.org`
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
    await storeInvitation(table, mailId, 'admin', testAct())
    await storeFactorReset(table, user.id, mailId, testAct())
    return [address, mailId]
  },
  async (user) => [await storeEnrolmentCode(table, user, randomBytes(CODE_RANDOM_BYTES), testAct())],
  async (user) => {
    const random = randomBytes(LOGIN_TOKEN_RANDOM_BYTES)
    const details = { purpose: 'second-factor', loginName: user.username, inCookie: false } as const
    const { stored, token } = startLoginToken(user, { ...details, pairAttempts: [] }, new Date(), random)
    await storeLoginToken(table, stored, passwordEvent(testAt(table), stored, 1))
    return [String(token.split('.').at(-1)), stored.secretHash]
  },
]

afterAll(() => console.log(`Random events without a secret: ${events.length}`))

test('no event has a name, an address, a password hash, a token, a code or a mail id', async () => {
  for (let index = 0; events.length < EVENTS; index += 1) {
    const user = secretUser()
    const before = events.length
    const others = (await CHANGES[index % CHANGES.length]?.(user)) ?? []
    const written = JSON.stringify(events.slice(before)).toLowerCase()
    expect(written).not.toBe('[]')
    const { username, email, passwordHash } = user
    for (const secret of [username, String(email), passwordHash, ...others]) {
      expect(written.includes(secret.toLowerCase()), written).toBe(false)
    }
  }
  expect(events.length).toBeGreaterThanOrEqual(EVENTS)
})

const random = (bytes = 12) => randomBytes(bytes).toString('hex')

const secretUser = (): User => {
  const username = `n${random()}`
  const email = `${random()}@example.org`
  return testUser({
    username,
    email,
    emailAsWritten: email.toUpperCase(),
    passwordHash: `$argon2id$${random()}`,
  })
}
