import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { addClient, CALLBACK, VERIFIER } from '../../../test/oauth/clients.ts'
import { outrunTable, useTable } from '../../../test/support/aws/table.ts'
import { addTestUser, storeSession, testAct, testAt } from '../../../test/support/users/users.ts'
import { type Table, transact } from '../../aws/dynamodb.ts'
import { SESSION_RANDOM_BYTES, type Session, startSession } from '../../sessions/session.ts'
import { endSession } from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import { CODE_BYTES, timesOf } from '../codes/code.ts'
import { findCode, newCode } from '../codes/store.ts'
import { approvalOf } from '../grants/app.ts'
import { findAllowed } from '../grants/list.ts'
import { readParameters } from '../parameters.ts'
import { exchangeCode } from './exchange.ts'

const { table } = await useTable()
const now = new Date()
const client = await addClient(table)

test('an exchange is refused if the session ends before its write, and spends nothing', async () => {
  const { code, session } = await codeOfSession()
  const outrun = outrunTable(table, 'TransactWriteItems', () =>
    endSession(table, session, 'signed-out', testAct()),
  )
  await expect(exchange(outrun, code)).rejects.toMatchObject({
    error: 'invalid_grant',
    message: 'the user or the session changed',
  })
  expect(await liveGrants(session)).toEqual([])
  expect((await findCode(table, code))?.spentBy).toBeUndefined()
})

test('a grant ends if the response to its write is lost', async () => {
  const { code, session } = await codeOfSession()
  const lost = new Error('the response is lost')
  const losing: Table = {
    ...table,
    async aws(service, operation, input) {
      const response = await table.aws(service, operation, input)
      if (operation === 'TransactWriteItems') throw lost
      return response
    },
  }
  await expect(exchange(losing, code)).rejects.toBe(lost)
  expect((await findCode(table, code))?.spentBy).toBeDefined()
  expect(await liveGrants(session)).toEqual([])
})

const exchange = (table: Table, code: string) => {
  const parameters = readParameters(`code=${code}&code_verifier=${VERIFIER}`)
  const config = {
    SIGNING_KEY: 'key',
    TOKEN_ISSUER: 'https://issuer.example',
    TOKEN_TTL_SECONDS: 900,
    PUBLIC_URL: 'https://issuer.example',
    SESSION_TTL_SECONDS: 86_400,
    REFRESH_GRACE_SECONDS: 10,
  }
  return exchangeCode({ ...testAt(table, now), config }, client, parameters, async () => 'a token')
}

const liveGrants = async ({ userId }: Session) => (await findAllowed(table, userId, now)).grants

/** Stores a code of a new user's session. */
async function codeOfSession(): Promise<{ code: string; session: Session }> {
  const user = await addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })
  const start = {
    amr: 'pwd' as const,
    inCookie: true,
    origin: { sourceIp: '203.0.113.7', userAgent: 'test' },
    lifetimes: { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 },
  }
  const { session } = startSession(user, start, now, randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const values = {
    clientId: client.id,
    clientGeneration: client.generation,
    redirectUri: CALLBACK,
    challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    scope: 'openid',
    userId: user.id,
    sessionGeneration: user.sessionGeneration,
    appGeneration: 3,
    sessionId: session.id,
    authTime: secondOf(now),
    amr: 'pwd' as const,
    ...timesOf(now),
  }
  const approval = approvalOf(undefined, { userId: user.id, client, generation: 3 }, now)
  await transact(table, [newCode(code, values), approval.write])
  return { code, session }
}
