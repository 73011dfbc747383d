import { createHash } from 'node:crypto'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { handler as login } from '../../functions/sessions/login.ts'
import { attribute, getItems, type Key, transact, writeIf } from '../../lib/aws/dynamodb.ts'
import { recoveryCodesKey } from '../../lib/factors/keys.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { loginTokenKey, reserveTry, spendLoginToken } from '../../lib/sign-in/login-token.ts'
import { revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser, profileKey } from '../../lib/users/store.ts'
import { addFakeFactor } from '../support/fake-factor.ts'
import { inEnvironment } from '../support/handlers.ts'
import { loginEvent, parsed } from '../support/lambda.ts'
import { edge, inRounds } from '../support/rounds.ts'
import {
  aws,
  begin,
  context,
  hashOfUser,
  later,
  now,
  ok,
  problem,
  records,
  service,
  sessionIdOf,
  stored,
  table,
  throttled,
  tokenPair,
  useRoutes,
} from '../support/routes.ts'
import { environmentOf } from '../support/service-description.ts'
import { keeping } from '../support/table.ts'

vi.mock('../../lib/aws/client.ts', async (original) =>
  (await import('../support/rounds.ts')).withEdge(await original()),
)

useRoutes()
afterEach(() => {
  edge.around = (call) => call
})

const SOURCE = '203.0.113.7'
const PAIR_SK = `attempts#${SOURCE}#1795532400`
const keyOf = (pk: string, sk: string): Key => ({ pk: { S: pk }, sk: { S: sk } })
const COUNTERS = [
  keyOf('name#user', PAIR_SK),
  keyOf(`source#${SOURCE}`, 'attempts#1795532400'),
  keyOf('name#user', 'attempts#1795478400'),
]

async function send(
  body: object = {},
  { password = 'user', policy = 'none', mailer = 'the-mailer', headers = {}, username = 'user' } = {},
) {
  const event = loginEvent({ body: JSON.stringify({ username, password, ...body }) })
  const all = { ...event, headers: { ...event.headers, ...headers } } as APIGatewayProxyEvent
  const settings = environmentOf(service, 'login', aws)
  const changed = { ...settings, REQUIRE_SECOND_FACTOR: policy, MAILER: mailer }
  return parsed(await inEnvironment(changed, login)(all, context))
}

const LOGIN_TOKEN = expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/)
const secondFactor = (...factors: string[]) => ok({ next: 'second-factor', factors, loginToken: LOGIN_TOKEN })
const enrolment = (...proofs: string[]) => ok({ next: 'enrolment', proofs, enrolmentToken: LOGIN_TOKEN })
const refused = problem(401, 'Unauthorized', 'Incorrect username or password.')

const item = async (key: Key) => (await getItems(table, [key]))[0]
const attempts = async () => (await getItems(table, COUNTERS)).map((one) => Object(one?.ids).SS?.length ?? 0)
const addFactor = async () => addFakeFactor(table, await stored())

/** Changes attributes of the user's profile, and revokes nothing. */
async function setProfile(values: Record<string, string | boolean>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await writeIf(table, 'UpdateItem', {
      Key: profileKey((await stored()).id),
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': attribute(value) },
    })
  }
}

describe('the correct password of a user with a second factor', () => {
  test('gets a login token, and no other token', async () => {
    await addFactor()
    expect(await send()).toEqual(secondFactor('totp'))
    expect(records).toEqual([{ event: 'factor.required', userId: (await stored()).id }])
  })

  test('gets the names of the factors, with recovery codes if any are left', async () => {
    await addFactor()
    await setProfile({ factors: 'totp passkey' })
    expect(await send()).toEqual(secondFactor('totp', 'passkey'))
    const { id } = await stored()
    await writeIf(table, 'PutItem', { Item: { ...recoveryCodesKey(id), codes: attribute(['a']) } })
    expect(await send()).toEqual(secondFactor('totp', 'passkey', 'recovery-code'))
  })

  test('stores a login token without its secret', async () => {
    await addFactor()
    const replaced = await begin()
    await send({}, { password: 'guess' })
    const guess = (await item(COUNTERS[0] as Key))?.ids
    const { body } = await send({ replaces: replaced })
    const [id, secret] = body.loginToken.split('.')
    const user = await stored()
    const stamp = { pk: { S: `login#${id}` }, sk: { S: 'token' } }
    const storedToken = await item(loginTokenKey(id))
    expect(storedToken).toEqual({
      ...stamp,
      purpose: { S: 'second-factor' },
      secretHash: { S: createHash('sha256').update(secret).digest('base64url') },
      userId: { S: user.id },
      generation: { N: String(user.generation) },
      loginName: { S: 'user' },
      inCookie: { BOOL: false },
      replaces: { S: `${user.id}.${sessionIdOf(replaced)}` },
      pairSk: { S: PAIR_SK },
      pairAttempts: guess,
      expiresAt: { N: String(1_795_532_400 + 300) },
    })
    expect(JSON.stringify(storedToken)).not.toContain(replaced.split('.')[2])
  })

  test('gives back its own attempt, and keeps the earlier ones', async () => {
    await addFactor()
    for (let guess = 0; guess < 9; guess += 1) await send({}, { password: 'guess' })
    expect(await attempts()).toEqual([9, 9, 9])
    expect(await send()).toEqual(secondFactor('totp'))
    expect(await attempts()).toEqual([9, 9, 9])
    expect(await send({}, { password: 'guess' })).toEqual(refused)
    expect(await send()).toEqual(throttled(900))
  })

  test('makes no source known, and begins no session', async () => {
    await addFactor()
    await send()
    expect(await item(keyOf('name#user', `known#${SOURCE}`))).toBeUndefined()
    const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
    expect(JSON.stringify(Items)).not.toContain('session#')
  })

  test('sends no notice of a new source', async () => {
    await addFactor()
    await setProfile({ email: 'ada@example.org', emailVerified: true })
    const services = new Set<string>()
    edge.around =
      (call) =>
      (...parameters) => {
        services.add(parameters[0])
        return call(...parameters)
      }
    await send()
    expect([...services]).toEqual(['dynamodb'])
  })

  test('ends no session, neither that of the cookie nor the replaced one', async () => {
    await addFactor()
    const [cookie, replaced] = [await begin(), await begin()]
    const before = await stored()
    await send(
      { session: 'cookie' },
      { headers: { Cookie: `__Host-refresh=${cookie}`, 'Sec-Fetch-Site': 'same-origin' } },
    )
    await send({ replaces: replaced })
    for (const token of [cookie, replaced]) {
      const session = await item(keyOf(`user#${before.id}`, `session#${sessionIdOf(token)}`))
      expect(session?.endedAt).toBeUndefined()
    }
  })

  test('keeps the choice of the cookie, and sets none', async () => {
    await addFactor()
    const cookie = await begin()
    const headers = { Cookie: `__Host-refresh=${cookie}`, 'Sec-Fetch-Site': 'same-origin' }
    const response = await send({ session: 'cookie' }, { headers })
    expect(response).toEqual(secondFactor('totp'))
    const { login: begun } = await findBegunLogin(
      table,
      response.body.loginToken,
      { purpose: 'second-factor' },
      now,
    )
    expect(begun).toMatchObject({ inCookie: true, replaces: `${(await stored()).id}.${sessionIdOf(cookie)}` })
  })

  test('replaces a hash that is not current, because only this step knows the password', async () => {
    await addFactor()
    const weak = hashOfUser.replace('m=19456,t=2', 'm=8,t=1')
    await setProfile({ passwordHash: weak })
    expect(await send()).toEqual(secondFactor('totp'))
    expect((await stored()).passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  test('makes four rounds: it reads twice, looks for a reset, and stores', async () => {
    await addFactor()
    let rounds = () => [] as string[][]
    edge.around = (call) => {
      const watched = inRounds(call)
      rounds = watched.rounds
      return watched.aws
    }
    await send()
    const own = `user#${(await stored()).id}`
    expect(rounds()).toEqual([
      [`BatchGetItem name#user name, name#user known#${SOURCE}`, `UpdateItem ADD name#user ${PAIR_SK}`],
      [
        `BatchGetItem ${own} profile`,
        'UpdateItem ADD name#user attempts#1795478400',
        `UpdateItem ADD source#${SOURCE} attempts#1795532400`,
      ],
      // Not before the correct password: it would show that the user has second factors.
      [`BatchGetItem ${own} factor-reset`],
      [
        `BatchGetItem ${own} recovery-codes`,
        expect.stringMatching(/^PutItem login#[\w-]{22} token$/),
        'UpdateItem DELETE name#user attempts#1795478400',
        `UpdateItem DELETE name#user ${PAIR_SK}`,
        `UpdateItem DELETE source#${SOURCE} attempts#1795532400`,
      ],
    ])
  })
})

describe('before the correct password, a user with a second factor', () => {
  test('looks like one without, and like an unknown user', async () => {
    const wrong = () => send({}, { password: 'guess' })
    const without = await wrong()
    await addFactor()
    expect(await wrong()).toEqual(without)
    expect(await send({}, { username: 'unknown' })).toEqual(without)
    expect(without).toEqual(refused)
  })

  test('costs the same calls of AWS as one without', async () => {
    const callsOf = async () => {
      const calls: string[] = []
      edge.around =
        (call) =>
        (...parameters) => {
          calls.push(JSON.stringify(Object.keys(parameters[2])))
          return call(...parameters)
        }
      await send({}, { password: 'guess' })
      return calls
    }
    const without = await callsOf()
    await addFactor()
    expect(await callsOf()).toEqual(without)
  })
})

describe('under a policy', () => {
  test.each([
    ['none', 'user', tokenPair],
    ['none', 'admin', tokenPair],
    ['admin', 'user', tokenPair],
    ['admin', 'admin', enrolment('code')],
    ['all', 'user', enrolment('code')],
    ['all', 'admin', enrolment('code')],
  ])('%s, the password of a user of role %s leads to the right step', async (policy, role, expected) => {
    await setProfile({ role })
    expect(await send({}, { policy })).toEqual(expected)
  })

  test.each([
    ['a verified address', { email: 'ada@example.org', emailVerified: true }, 'the-mailer', ['mail', 'code']],
    ['an unverified address', { email: 'ada@example.org' }, 'the-mailer', ['code']],
    ['no mails', { email: 'ada@example.org', emailVerified: true }, '', ['code']],
  ])('a user with %s has these proofs', async (_what, values, mailer, proofs) => {
    await setProfile(values)
    expect(await send({}, { policy: 'all', mailer })).toEqual(enrolment(...proofs))
  })

  test('a user with a factor is asked for it', async () => {
    await addFactor()
    expect(await send({}, { policy: 'all' })).toEqual(secondFactor('totp'))
  })

  test('an enrolment token lasts half an hour, proves nothing yet, and is no login token', async () => {
    const { body } = await send({}, { policy: 'all' })
    const find = (purpose: 'enrolment' | 'second-factor', at: Date) =>
      findBegunLogin(table, body.enrolmentToken, { purpose }, at)
    expect((await find('enrolment', later(1_799))).login.provedAt).toBeUndefined()
    await expect(find('enrolment', later(1_800))).rejects.toMatchObject({ error: 'login_expired' })
    await expect(find('second-factor', now)).rejects.toMatchObject({ error: 'login_expired' })
  })
})

describe('a login token is rejected', () => {
  const begun = async () => {
    await addFactor()
    const { body } = await send()
    return String(body.loginToken)
  }
  const find = (token: string, at = now) => findBegunLogin(table, token, { purpose: 'second-factor' }, at)
  const expired = { code: 'invalid_credentials', error: 'login_expired' }

  test('from the second on in which it expires', async () => {
    const token = await begun()
    expect((await find(token, later(299))).user).toEqual(await stored())
    await expect(find(token, later(300))).rejects.toMatchObject(expired)
  })

  test.each([
    ['with another secret', (token: string) => token.replace(/\..*/, `.${'A'.repeat(43)}`)],
    ['with another id', (token: string) => token.replace(/.*\./, `${'A'.repeat(22)}.`)],
    [
      'with the secret of another login token',
      (token: string, other: string) => token.split('.')[0] + other.slice(22),
    ],
    ['without a secret', (token: string) => token.slice(0, 23)],
    ['with more behind it', (token: string) => `${token}A`],
    ['that is empty', () => ''],
  ])('%s', async (_what, change) => {
    const [token, other] = [await begun(), await begun()]
    await expect(find(change(token, other))).rejects.toMatchObject(expired)
  })

  test('after it has been spent', async () => {
    const token = await begun()
    const { login } = await find(token)
    expect(await transact(table, [spendLoginToken(login, 'session')])).toBeUndefined()
    await expect(find(token)).rejects.toMatchObject(expired)
    expect(await transact(table, [spendLoginToken(login, 'another')])).toEqual([true])
  })

  test('after five tries, also if 20 arrive at once', async () => {
    const { login } = await find(await begun())
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => reserveTry(keeping(table), login, now)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    await expect(reserveTry(keeping(table), login, now)).rejects.toMatchObject(expired)
  })

  test('after a change of its user', async () => {
    const token = await begun()
    const user = await stored()
    await changeUser(table, user, { ...revokeTokens(user), role: 'admin' }, 'request')
    await expect(find(token)).rejects.toMatchObject(expired)
  })

  test('of a disabled user', async () => {
    const token = await begun()
    await setProfile({ disabled: true })
    await expect(find(token)).rejects.toMatchObject(expired)
  })

  test('of a removed user', async () => {
    const token = await begun()
    await writeIf(table, 'DeleteItem', { Key: profileKey((await stored()).id) })
    await expect(find(token)).rejects.toMatchObject(expired)
  })
})
