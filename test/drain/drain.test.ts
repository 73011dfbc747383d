import type { Context } from 'aws-lambda'
import { beforeEach, describe, expect, test } from 'vitest'
import { encrypt } from '../../lib/aws/encryption.ts'
import { sealPasswordsSecret } from '../../lib/drain/secret.ts'
import type { Question, Verdict } from '../../lib/drain/verdict.ts'
import { statementsOf } from '../../plugins/functions/permissions.ts'
import { useAws } from '../support/aws/table.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { recordLogs } from '../support/logs.ts'
import { describeService, type ServiceDescription, tableOf } from '../support/process/service-description.ts'
import { sendJson, startFarEnd } from './far-end.ts'
import { describePlaces, POOL } from './places.ts'

// The function `drain`, with a far end in place of the old place. Only the network is a stand-in.

const places = describePlaces()
const aws = await useAws()
const farEnd = await startFarEnd()
const { aws: kms } = tableOf(places.endpoint, aws)
const { factorKey } = places.endpoint.custom.auth
const SECRET = 'a-bearer-secret'
const sealed = await sealPasswordsSecret(kms, factorKey, SECRET)

const QUESTION: Question = {
  id: '42',
  username: 'ada',
  password: 'correct horse battery',
  address: '192.0.2.7',
}
const context = { getRemainingTimeInMillis: () => 5_000 } as Context

let records: Record<string, unknown>[]
beforeEach(() => {
  records = recordLogs<Record<string, unknown>>()
  farEnd.received.length = 0
  farEnd.respond = (response) => sendJson(response, { correct: true, id: '42' })
})

/** Returns the function `drain` of a service, whose place is the far end. */
async function load(of: ServiceDescription, changes: Record<string, string>) {
  const { drain = { handler: '' }, ...others } = of.functions
  const environment = { ...drain.environment, ...changes }
  const functions = { ...others, drain: { ...drain, environment } }
  const handler = await loadHandler({ ...of, functions }, 'drain', aws)
  return (question = QUESTION): Promise<{ verdict: Verdict }> => handler(question, context)
}
const loadEndpoint = (changes: object = {}) =>
  load(places.endpoint, { PASSWORDS_URL: farEnd.url, PASSWORDS_SECRET: sealed, ...changes })
const loadPool = () => load(places.pool, { AWS_ENDPOINT_URL: farEnd.url })

test('it asks the endpoint with the secret, which only KMS opens', async () => {
  const ask = await loadEndpoint()
  expect(await ask()).toEqual({ verdict: 'correct' })
  expect(farEnd.received.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`])
  expect(JSON.stringify(places.endpoint.functions.drain)).not.toContain(SECRET)
  expect(records).toEqual([])
})

test('a secret with the context of another is not opened, and the endpoint is not asked', async () => {
  for (const foreign of [{ passwords: 'other' }, { provider: 'url' }, { user: 'url' }]) {
    const PASSWORDS_SECRET = await encrypt(kms, factorKey, foreign, Buffer.from(SECRET))
    const ask = await loadEndpoint({ PASSWORDS_SECRET })
    expect(await ask()).toEqual({ verdict: 'unavailable' })
  }
  expect(farEnd.received).toEqual([])
  expect(records).toMatchObject(Array(3).fill({ event: 'dependency.failed' }))
})

test('it asks the pool with the credentials of the function', async () => {
  const ask = await loadPool()
  const ChallengeParameters = { USER_ID_FOR_SRP: QUESTION.username }
  farEnd.respond = (response) => sendJson(response, { ChallengeName: 'SMS_MFA', ChallengeParameters })
  expect(await ask()).toEqual({ verdict: 'correct-with-factor' })
  expect(farEnd.received).toMatchObject([
    { body: { UserPoolId: POOL.oldPool, ClientId: POOL.oldPoolClient } },
  ])
  expect(records).toEqual([])
})

test('without a verdict, the log says why, and has nothing of the user', async () => {
  const ask = await loadPool()
  const message = 'Client abc is configured with secret but SECRET_HASH was not received'
  farEnd.respond = (response) => sendJson(response, { __type: 'NotAuthorizedException', message }, 400)
  expect(await ask()).toEqual({ verdict: 'unavailable' })
  expect(records).toEqual([
    {
      event: 'drain.failed',
      reason: 'The app client has a secret. Give oldPoolClient one without a secret.',
      error: 'NotAuthorizedException',
    },
  ])
})

describe('no question is in a log or an error', () => {
  test.each([
    ['a pool that repeats it', loadPool, (password: string) => ({ __type: password, message: password })],
    [
      'a pool with a token of it',
      loadPool,
      (password: string) => ({ AuthenticationResult: { IdToken: password } }),
    ],
    [
      'an endpoint that repeats it',
      loadEndpoint,
      (password: string) => ({ correct: password, id: password }),
    ],
  ])('%s', async (_what, make, body) => {
    const ask = await make()
    farEnd.respond = (response, { path }) =>
      sendJson(response, body(QUESTION.password), path === '/' && make === loadPool ? 400 : 200)
    expect(await ask()).toEqual({ verdict: 'unavailable' })
    expect(records.length).toBe(1)
    expect(JSON.stringify(records)).not.toMatch(/horse|ada|192\.0\.2\.7|"42"/)
  })

  test('a question of another form', async () => {
    const ask = await loadPool()
    expect(await ask(null as never)).toEqual({ verdict: 'unavailable' })
    expect(records).toMatchObject([{ event: 'request.crashed' }])
  })
})

test('without an old place there is no function, and login may not invoke it', () => {
  const { drain, login } = describeService().functions
  expect(drain).toBeUndefined()
  expect(login).toMatchObject({ may: expect.not.arrayContaining(['invokeDrain']) })
  expect(login).not.toHaveProperty('timeout', 8)
  expect(login?.environment).not.toHaveProperty('DRAIN_FUNCTION')
})

test('with one, login gets its name, its permission and 8 seconds, and no other function may invoke it', () => {
  for (const { functions, custom } of Object.values(places)) {
    const name = `${custom.auth.tableName}-drain`
    expect(functions.drain).toMatchObject({ name })
    expect(functions.drain?.events ?? []).toEqual([])
    expect(functions.login).toMatchObject({ timeout: 8, environment: { DRAIN_FUNCTION: name } })
    const may = Object.entries(functions).filter(([, one]) => one.may?.includes('invokeDrain'))
    expect(may.map(([key]) => key)).toEqual(['login'])
  }
})

test('it may ask one pool, or open one secret, and nothing else', () => {
  const deployment = { prefix: 'prefix', mailFrom: '', oldPool: POOL.oldPool }
  const { pool, endpoint } = places
  expect(statementsOf(pool.functions.drain?.may ?? [], deployment)).toEqual([
    {
      Effect: 'Allow',
      Action: ['cognito-idp:AdminInitiateAuth'],
      Resource: [
        {
          'Fn::Sub': `arn:\${AWS::Partition}:cognito-idp:eu-west-3:\${AWS::AccountId}:userpool/${POOL.oldPool}`,
        },
      ],
    },
  ])
  expect(Object.keys(pool.functions.drain?.environment ?? {}).sort()).toEqual([
    'AUTH_ALLOWED_ORIGINS',
    'OLD_POOL',
    'OLD_POOL_CLIENT',
  ])
  expect(endpoint.functions.drain?.may).toEqual(['openPasswordsSecrets'])
  expect(Object.keys(endpoint.functions.drain?.environment ?? {}).sort()).toEqual([
    'AUTH_ALLOWED_ORIGINS',
    'FACTOR_KEY',
    'PASSWORDS_SECRET',
    'PASSWORDS_URL',
  ])
})
