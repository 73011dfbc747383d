import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { addClient, CALLBACK, VERIFIER } from '../../../test/oauth/clients.ts'
import { outrunTable, useTable } from '../../../test/support/aws/table.ts'
import { addTestSession, addTestUser, testAct, testAt } from '../../../test/support/users/users.ts'
import { attribute, type Table, transact } from '../../aws/dynamodb.ts'
import type { At } from '../../context.ts'
import type { Session } from '../../sessions/session.ts'
import { endSession, sessionKey } from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import type { FactorPolicy } from '../../users/factors.ts'
import { CODE_BYTES, type Code, timesOf } from '../codes/code.ts'
import { findCode, newCode } from '../codes/store.ts'
import { approvalOf } from '../grants/app.ts'
import { findAllowed, type ListedGrant } from '../grants/list.ts'
import { endGrant } from '../grants/store.ts'
import { readParameters } from '../parameters.ts'
import { exchangeCode } from './exchange.ts'
import { refreshGrant } from './refresh.ts'

const { table } = await useTable()
const now = new Date()
const client = await addClient(table)
const phone = await addClient(table, { id: 'phone', type: 'native' })

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

test('an exchange is refused after the session has expired', async () => {
  const { code, session } = await codeOfSession()
  await table.aws('dynamodb', 'UpdateItem', {
    TableName: table.name,
    Key: sessionKey(session),
    UpdateExpression: 'SET expiresAt = :now',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  })
  await expect(exchange(table, code)).rejects.toMatchObject({ error: 'invalid_grant' })
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

test('an exchange ends the grant of another address that came first', async () => {
  const { code, session } = await codeOfSession()
  const elsewhere = { sourceIp: '203.0.113.8', userAgent: 'test' }
  const outrun = outrunTable(table, 'TransactWriteItems', async () => {
    if ((await findCode(table, code))?.spentBy === undefined)
      await exchange(table, code, { origin: elsewhere })
  })
  await expect(exchange(outrun, code)).rejects.toMatchObject({ error: 'invalid_grant' })
  expect(await liveGrants(session)).toEqual([])
})

test('a refresh demands the second factor of a policy, if the grant had none', async () => {
  for (const [amr, isRefused] of [
    ['pwd', true],
    ['pwd otp mfa', false],
  ] as const) {
    const { code } = await codeOfSession({ amr })
    const { refresh_token } = await exchange(table, code)
    const refreshed = refresh(table, refresh_token, { config: { ...config, REQUIRE_SECOND_FACTOR: 'all' } })
    const message = 'the policy demands a second factor'
    if (isRefused) await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant', message })
    else expect(await refreshed).toMatchObject({ refresh_token })
  }
})

test('a public client gets the next token also without a time of grace', async () => {
  const { code, session } = await codeOfSession({ clientId: 'phone' })
  const { refresh_token } = await exchange(table, code, {}, phone)
  const without = { config: { ...config, REFRESH_GRACE_SECONDS: 0 } }
  const next = await refresh(table, refresh_token, without, phone)
  expect(next.refresh_token).not.toBe(refresh_token)
  expect(await liveGrants(session)).toHaveLength(1)
  expect(await refresh(table, next.refresh_token, without, phone)).toHaveProperty('access_token')
})

test('a refresh is refused if the grant ends before its secret is replaced', async () => {
  const { code, session } = await codeOfSession({ clientId: 'phone' })
  const { refresh_token } = await exchange(table, code, {}, phone)
  const [grant] = (await liveGrants(session)) as [ListedGrant]
  const outrun = outrunTable(table, 'UpdateItem', () => endGrant(table, grant, 'revoked', testAct()))
  await expect(refresh(outrun, refresh_token, {}, phone)).rejects.toMatchObject({ error: 'invalid_grant' })
})

test('a web client costs one write a day', async () => {
  const { code, session } = await codeOfSession({ scope: 'openid offline_access' })
  const { refresh_token } = await exchange(table, code)
  const usedAfter = async (seconds: number) => {
    await refresh(table, refresh_token, after(seconds))
    return Number((await liveGrants(session))[0]?.lastUsedAt) - secondOf(now)
  }
  expect([await usedAfter(86_399), await usedAfter(86_400)]).toEqual([0, 86_400])
})

test('a grant lasts as long as its renewed session', async () => {
  const { code, session } = await codeOfSession()
  const { refresh_token } = await exchange(table, code)
  await table.aws('dynamodb', 'UpdateItem', {
    TableName: table.name,
    Key: sessionKey(session),
    UpdateExpression: 'SET authTime = :time, expiresAt = :end',
    ExpressionAttributeValues: {
      ':time': attribute(secondOf(now) + 1_000),
      ':end': attribute(secondOf(now) + 90_000),
    },
  })
  expect(await refresh(table, refresh_token, after(87_399))).toHaveProperty('access_token')
  await expect(refresh(table, refresh_token, after(87_400))).rejects.toMatchObject({ error: 'invalid_grant' })
})

const after = (seconds: number) => ({ now: new Date(now.getTime() + seconds * 1_000) })

const config = {
  SIGNING_KEY: 'key',
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_TTL_SECONDS: 900,
  PUBLIC_URL: 'https://issuer.example',
  SESSION_TTL_SECONDS: 86_400,
  REFRESH_GRACE_SECONDS: 10,
  REQUIRE_SECOND_FACTOR: 'none' as FactorPolicy,
}

const atOf = (table: Table, more: object): At<keyof typeof config> => ({
  ...testAt(table, now),
  config,
  ...more,
})

const exchange = async (table: Table, code: string, more = {}, by = client): Promise<Tokens> => {
  const parameters = readParameters(`code=${code}&code_verifier=${VERIFIER}`)
  return Object(await exchangeCode(atOf(table, more), by, parameters, async () => 'a token'))
}

const refresh = async (table: Table, refreshToken: string, more = {}, by = client): Promise<Tokens> => {
  const parameters = readParameters(`refresh_token=${refreshToken}`)
  return Object(await refreshGrant(atOf(table, more), by, parameters, async () => 'a token'))
}

interface Tokens {
  refresh_token: string
}

const liveGrants = async ({ userId }: Session) => (await findAllowed(table, userId, now)).grants

/** Stores a code of a new user's session. */
async function codeOfSession(changes: Partial<Code> = {}): Promise<{ code: string; session: Session }> {
  const user = await addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })
  const session = await addTestSession(table, user, now)
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const values = {
    clientId: 'shop',
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
    ...changes,
  }
  const approval = approvalOf(
    undefined,
    { userId: user.id, client: { ...client, id: values.clientId }, generation: 3 },
    now,
  )
  await transact(table, [newCode(code, values), approval.write])
  return { code, session }
}
