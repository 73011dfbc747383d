import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { handler as login } from '../../functions/sessions/login.ts'
import { attribute, getItems, type Key, writeIf } from '../../lib/aws/dynamodb.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { profileKey } from '../../lib/users/store.ts'
import { inEnvironment } from '../support/http/handlers.ts'
import { loginEvent, parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  context,
  later,
  now,
  ok,
  service,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { environmentOf } from '../support/process/service-description.ts'
import { edge, inRounds } from '../support/rounds.ts'
import { addFakeFactor } from '../support/users/fake-factor.ts'

vi.mock('../../lib/aws/client.ts', async (original) =>
  (await import('../support/rounds.ts')).withEdge(await original()),
)

useRoutes()
afterEach(() => {
  edge.around = (call) => call
})

const SOURCE = '203.0.113.7'
const PAIR_SK = `attempts#${SOURCE}#1795532400`

const LOGIN_TOKEN = expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/)
const secondFactor = ok({ next: 'second-factor', factors: ['totp'], loginToken: LOGIN_TOKEN })

describe('the correct password of a user with a second factor', () => {
  test('makes no source known, and begins no session', async () => {
    await addFactor()
    await send()
    expect(await item(keyOf('name#user', `known#${SOURCE}`))).toBeUndefined()
    const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
    expect(JSON.stringify(Items)).not.toContain('session#')
  })

  test('sends no notice of a new source', async () => {
    await addFactor()
    await writeIf(table, 'UpdateItem', {
      Key: profileKey((await stored()).id),
      UpdateExpression: 'SET email = :email, emailVerified = :true',
      ExpressionAttributeValues: { ':email': attribute('ada@example.org'), ':true': attribute(true) },
    })
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
    expect(response).toEqual(secondFactor)
    const { login: begun } = await findBegunLogin(
      table,
      response.body.loginToken,
      { purpose: 'second-factor' },
      now,
    )
    expect(begun).toMatchObject({ inCookie: true, replaces: cookie })
  })

  test('makes four rounds: it reads twice, looks for a reset and counts, and stores', async () => {
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
      [`BatchGetItem ${own} factor-reset`, 'UpdateItem ADD name#user passwords#1795532400'],
      [
        `BatchGetItem ${own} recovery-codes`,
        'TransactWriteItems',
        'UpdateItem DELETE name#user attempts#1795478400',
        `UpdateItem DELETE name#user ${PAIR_SK}`,
        `UpdateItem DELETE source#${SOURCE} attempts#1795532400`,
      ],
    ])
  })
})

describe('under a policy', () => {
  test('a user with a factor is asked for it', async () => {
    await addFactor()
    expect(await send({}, { policy: 'all' })).toEqual(secondFactor)
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

const keyOf = (pk: string, sk: string): Key => ({ pk: { S: pk }, sk: { S: sk } })

async function send(body: object = {}, { policy = 'none', headers = {} } = {}) {
  const event = loginEvent({ body: JSON.stringify({ username: 'user', password: 'user', ...body }) })
  const all = { ...event, headers: { ...event.headers, ...headers } } as APIGatewayProxyEvent
  const settings = environmentOf(service, 'login', aws)
  const changed = { ...settings, REQUIRE_SECOND_FACTOR: policy, MAILER: 'the-mailer' }
  return parsed(await inEnvironment(changed, login)(all, context))
}

const item = async (key: Key) => (await getItems(table, [key]))[0]

const addFactor = async () => addFakeFactor(table, await stored())
