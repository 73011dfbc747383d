import { afterAll, beforeAll, expect, test } from 'vitest'
import { askPool, type OldPool } from '../../lib/drain/cognito.ts'
import type { Question } from '../../lib/drain/verdict.ts'
import { statementsOf } from '../../plugins/functions/permissions.ts'
import { CREDENTIALS, REGION } from './account.ts'
import { startEmulator } from './emulator.ts'

// What the function `drain` asks, with moto's Cognito. moto verifies the signatures and the actions of policies, but no resources.

/** Region of the pool. The stage is in another one. */
const POOL_REGION = 'eu-west-3'
const PASSWORD = 'Correct horse 1, ü'

const emulator = await startEmulator({ INITIAL_NO_AUTH_ACTION_COUNT: '1000000' })
afterAll(emulator.stop)

/** Calls moto before it asks for permissions. */
async function call(service: string, region: string, headers: Record<string, string>, body: string) {
  const scope = `${CREDENTIALS.accessKeyId}/20261201/${region}/${service}/aws4_request`
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      ...headers,
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body,
  })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return text
}

async function cognito(operation: string, input: object) {
  const headers = {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
  }
  return JSON.parse((await call('cognito-idp', POOL_REGION, headers, JSON.stringify(input))) || '{}')
}

const iam = (Action: string, input: Record<string, string>) =>
  call(
    'iam',
    'us-east-1',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    String(new URLSearchParams({ Action, Version: '2010-05-08', ...input })),
  )

/** Makes a user of IAM with the actions of a permission, and returns its credentials. moto asks for every resource. */
async function callerWith(UserName: string, permission: string) {
  const deployment = { prefix: 'prefix', mailFrom: '', oldPool: `${POOL_REGION}_AAAAAAAAA` }
  const Statement = statementsOf([permission], deployment).map(({ Effect, Action }) => ({
    Effect,
    Action,
    Resource: '*',
  }))
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam('CreateUser', { UserName })
  await iam('PutUserPolicy', { UserName, PolicyName: UserName, PolicyDocument })
  const key = await iam('CreateAccessKey', { UserName })
  const textOf = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(key)?.[1] ?? expect.fail(key)
  return { accessKeyId: textOf('AccessKeyId'), secretAccessKey: textOf('SecretAccessKey') }
}

let pool: OldPool
let drain: typeof CREDENTIALS
let other: typeof CREDENTIALS
const subs: Record<string, string> = {}

/** Makes a user of the pool with a password, and notes the `sub`. */
async function addUser(Username: string, isPermanent = true) {
  const { User } = await cognito('AdminCreateUser', { UserPoolId: pool.id, Username })
  subs[Username] = User.Attributes.find(({ Name }: { Name: string }) => Name === 'sub').Value
  const password = { UserPoolId: pool.id, Username, Password: PASSWORD, Permanent: isPermanent }
  await cognito('AdminSetUserPassword', password)
}

beforeAll(async () => {
  const { UserPool } = await cognito('CreateUserPool', { PoolName: 'old' })
  const UserPoolId: string = UserPool.Id
  const { UserPoolClient } = await cognito('CreateUserPoolClient', { UserPoolId, ClientName: 'drain' })
  pool = { id: UserPoolId, client: UserPoolClient.ClientId, endpoint: new URL(emulator.url) }
  for (const name of ['ada', 'disabled', 'factor', 'again']) await addUser(name)
  await addUser('invited', false)
  await cognito('AdminDisableUser', { UserPoolId, Username: 'disabled' })
  await cognito('AdminSetUserMFAPreference', {
    UserPoolId,
    Username: 'factor',
    SMSMfaSettings: { Enabled: true, PreferredMfa: true },
  })
  drain = await callerWith('drain', 'askOldPool')
  other = await callerWith('other', 'invokeDrain')
  // From now on, every call needs a signature and a permission.
  await fetch(`${emulator.url}/moto-api/reset-auth`, { method: 'POST', body: '0' })
})

const ask = (changes: Partial<Question> = {}, { of = pool, by = drain } = {}) => {
  const { username = 'ada' } = changes
  const question = {
    id: subs[username] ?? '',
    username,
    password: PASSWORD,
    address: '192.0.2.7',
    ...changes,
  }
  return askPool(of, { region: REGION, credentials: by, endpoints: {} }, question)
}

test.each<[what: string, changes: Partial<Question>, verdict: string]>([
  ['the password', {}, 'correct'],
  ['another password', { password: 'Another horse 1' }, 'wrong'],
  ['a user with a second factor', { username: 'factor' }, 'correct-with-factor'],
  ['a user without a password of their own', { username: 'invited' }, 'wrong'],
  ['a disabled user', { username: 'disabled' }, 'wrong'],
  ['a name that the pool does not have', { username: 'ghost' }, 'wrong'],
  ['the password of another user', { id: 'another' }, 'wrong'],
])('%s is %s', async (_what, changes, verdict) => {
  expect(await ask(changes)).toEqual({ verdict })
})

test('a pool or client that does not exist is no verdict', async () => {
  const reason = 'The user pool or its app client does not exist. Correct oldPool and oldPoolClient.'
  const none = { verdict: 'unavailable', reason, error: 'ResourceNotFoundException' }
  expect(await ask({}, { of: { ...pool, client: '1example23456789abcdefghij' } })).toEqual(none)
  expect(await ask({}, { of: { ...pool, id: `${POOL_REGION}_AAAAAAAAA` } })).toEqual(none)
})

test('a wrong signature, an unknown key and a missing permission are no verdict', async () => {
  for (const by of [
    { ...drain, secretAccessKey: 'another' },
    { ...drain, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' },
    other,
  ]) {
    expect(await ask({}, { by })).toMatchObject({ verdict: 'unavailable' })
  }
  expect(await ask()).toEqual({ verdict: 'correct' })
})

test('a name that was given again in the pool is another user', async () => {
  const id = subs.again ?? ''
  expect(await ask({ username: 'again' })).toEqual({ verdict: 'correct' })
  await fetch(`${emulator.url}/moto-api/reset-auth`, { method: 'POST', body: '1000000' })
  await cognito('AdminDeleteUser', { UserPoolId: pool.id, Username: 'again' })
  await addUser('again')
  expect(await ask({ username: 'again', id })).toEqual({ verdict: 'wrong' })
  expect(await ask({ username: 'again' })).toEqual({ verdict: 'correct' })
})
