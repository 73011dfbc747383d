import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { attribute, getItems, writeIf } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { originOf } from '../../lib/http/headers.ts'
import { pageOf } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { factorResetKey } from '../../lib/mail/factor-reset.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { findSessions, putSession } from '../../lib/sessions/store.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { loginTokenKey } from '../../lib/sign-in/login-token.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'
import { findUserByName } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { ADA, service, startAws } from '../security/faults/aws.ts'
import { isWaiting, ONE_OF_EACH_CLASS } from '../security/faults/faults.ts'
import { captureLogs, loadLogin, UNAVAILABLE } from '../security/faults/functions.ts'
import { startProxy } from '../support/aws-proxy.ts'
import { addFakeFactor, beginLogin, fakeStep, lastFakeStep } from '../support/fake-factor.ts'
import { loginEvent } from '../support/lambda.ts'
import { tableOf, tokenPartiesOf } from '../support/service-description.ts'
import { keeping } from '../support/table.ts'
import { addTestUser } from '../support/users.ts'

const aws = await startAws()
const table = tableOf(service, aws)
const ada = (await findUserByName(table, ADA.username)) as User
await addFakeFactor(table, ada)
let ran = 0

beforeAll(() => {
  captureLogs(['info', 'warn', 'error'])
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterAll(() => {
  console.log(`Faults of the steps of a sign-in: ${ran} cases ran`)
  aws.stop()
})

/** The calls without which the password step fails, each with a text that its request contains. */
const CALLS = [
  ['BatchGetItem', 'known#'],
  ['UpdateItem', 'ADD ids'],
  ['BatchGetItem', 'profile'],
  ['BatchGetItem', 'recovery-codes'],
  ['PutItem', 'login#'],
] as const

const classes = ONE_OF_EACH_CLASS.filter(([, say]) => !isWaiting(say))

const isNextStep = (response: unknown) => {
  const { statusCode, body } = response as { statusCode: number; body: string }
  expect(statusCode).toBe(200)
  expect(JSON.parse(body)).toEqual({
    next: 'second-factor',
    factors: ['totp'],
    loginToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
  })
}

async function start() {
  const { dynamodb, kms } = aws.settings.endpoints
  const proxies = { dynamodb: await startProxy(dynamodb), kms: await startProxy(kms) }
  const close = () => {
    for (const proxy of Object.values(proxies)) proxy.close()
    ran += 1
  }
  return { ...proxies, close, login: await loadLogin(aws, proxies) }
}

test('the password step calls nothing of KMS', async () => {
  const { login, dynamodb, kms, close } = await start()
  isNextStep((await login()).response)
  expect(kms.calls).toEqual([])
  expect(dynamodb.calls).not.toContain('TransactWriteItems')
  close()
})

test.for(CALLS.flatMap(([operation, text]) => classes.map((row) => [operation, text, ...row] as const)))(
  'the password step answers 503 while %s of %s %s, and succeeds after recovery',
  async ([operation, text, , say, cause, attempts]) => {
    const { login, dynamodb, close } = await start()
    dynamodb.inject({ operation, text, say })
    const { response, log } = await login()
    expect(response).toEqual(UNAVAILABLE)
    expect(log).toEqual([
      expect.objectContaining({ event: 'dependency.failed', cause: expect.stringContaining(cause) }),
    ])
    expect(dynamodb.failed()).toBe(attempts)
    await dynamodb.recover()
    isNextStep((await login()).response)
    close()
  },
)

test.for(classes)('the password step succeeds while the return of its attempt %s', async ([, say]) => {
  const { login, dynamodb, close } = await start()
  dynamodb.inject({ operation: 'UpdateItem', text: 'DELETE ids', say })
  const { response, log } = await login()
  isNextStep(response)
  expect(log).toHaveLength(4)
  close()
})

test('the password step succeeds without KMS, and the sign-in is not complete', async () => {
  const { login, kms, close } = await start()
  kms.refuse()
  isNextStep((await login()).response)
  close()
})

const issueToken = tokenIssuer()
const config = {
  SESSION_TTL_SECONDS: 86_400,
  SESSION_IDLE_TTL_SECONDS: 7_200,
  MAILER: `${service.custom.tableName}-mailer`,
  NOTIFY_NEW_SOURCE: 'on',
}
const { issuer, audience } = tokenPartiesOf(service)
const tokens = {
  SIGNING_KEY: service.custom.signingKey,
  TOKEN_ISSUER: issuer,
  TOKEN_AUDIENCE: audience,
  TOKEN_TTL_SECONDS: 900,
}
const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 7_200 }
const now = new Date()
let users = 0

/** Begins a sign-in of a user of its own, whose completion makes every call that one can make. */
async function beginAll() {
  users += 1
  const username = `user${users}`
  await addFakeFactor(table, await addTestUser(table, { username, email: `${username}@example.org` }))
  const user = (await findUserByName(table, username)) as User
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session: replaced } = startSession(
    user,
    { amr: AMR.password, origin: { sourceIp: '', userAgent: '' }, lifetimes },
    now,
    random,
  )
  await putSession(table, replaced)
  await writeIf(table, 'PutItem', { Item: { ...factorResetKey(user.id), mailId: attribute('r') } })
  await reserveAttempt(keeping(table), [totpCounter(user.id, now)], 'a', now)
  const pairSk = 'attempts#a#1'
  const replaces = `${user.id}.${replaced.id}`
  const { login } = await beginLogin(table, user, now, { pairSk, pairAttempts: ['b'], replaces })
  const event = loginEvent({})
  event.requestContext.identity.sourceIp = `2001:db8:1:${users.toString(16)}::1`
  const complete = (around: (call: AwsCall) => AwsCall) => {
    const call = around(table.aws)
    const at = { table: { ...table, aws: call }, now }
    return completeFactorSignIn(
      { ...at, config, origin: originOf(event) },
      { user, amr: AMR.totp, login, ...fakeStep(user.id, 1) },
      pageOf(event, { allowedOrigins: [] }),
      (session) => issueToken({ ...at, config: tokens }, user, session),
    ).then(sessionResponse)
  }
  /** What is stored afterwards. */
  const state = async () => {
    const [token, reset] = await getItems(table, [loginTokenKey(login.id), factorResetKey(user.id)])
    const live = (await findSessions(table, user.id)).sessions
    return {
      isFactorSpent: (await lastFakeStep(table, user.id)) === 1,
      isTokenSpent: token?.spentBy !== undefined,
      isReset: reset !== undefined,
      isReplacedLive: live.some(({ id }) => id === replaced.id),
      newSessions: live.filter(({ id }) => id !== replaced.id).length,
    }
  }
  return { complete, state }
}

const UNTOUCHED = {
  isFactorSpent: false,
  isTokenSpent: false,
  isReset: true,
  isReplacedLive: true,
  newSessions: 0,
}
const COMPLETE = {
  isFactorSpent: true,
  isTokenSpent: true,
  isReset: false,
  isReplacedLive: false,
  newSessions: 1,
}
/** The transaction was made, and its response was lost. No client has a token of the session, which has ended. */
const LOST = { ...COMPLETE, newSessions: 0 }

const nameOf = (operation: string, input: object) => {
  const { UpdateExpression = '' } = input as { UpdateExpression?: string }
  return `${operation.replace(/.*\/([^/]+)$/, '$1')} ${UpdateExpression.split(' ', 1)}`.trim()
}

/** The calls of a complete sign-in, and what is stored if one fails before or after it took effect. */
const COMPLETION = [
  ['BatchGetItem', UNTOUCHED, UNTOUCHED],
  ['Sign', UNTOUCHED, UNTOUCHED],
  ['TransactWriteItems', UNTOUCHED, LOST],
  ['UpdateItem DELETE', COMPLETE, COMPLETE],
  ['UpdateItem SET', COMPLETE, COMPLETE],
  ['invocations', COMPLETE, COMPLETE],
] as const

const failure = () =>
  new ServiceError('unavailable', 'the call failed', {
    cause: Object.assign(new Error('down'), { name: 'InternalServerError' }),
  })

test('control: a complete sign-in makes these calls', async () => {
  const { complete, state } = await beginAll()
  // The first signature also reads the public key.
  await (await beginAll()).complete((call) => call)
  const made: string[] = []
  const response = await complete((call) => (aService, operation, input) => {
    made.push(nameOf(operation, input))
    return call(aService, operation, input)
  })
  expect(response.statusCode).toBe(200)
  expect(new Set(made)).toEqual(new Set(COMPLETION.map(([name]) => name)))
  expect(await state()).toEqual(COMPLETE)
})

test.for(
  COMPLETION.flatMap(([name, before, after]) => [
    [name, 'before', before] as const,
    [name, 'after', after] as const,
  ]),
)('a sign-in whose %s fails %s it took effect is complete or not begun', async ([name, when, expected]) => {
  ran += 1
  const { complete, state } = await beginAll()
  let isFailing = true
  const around =
    (call: AwsCall): AwsCall =>
    async (aService, operation, input) => {
      if (!isFailing || nameOf(operation, input) !== name) return call(aService, operation, input)
      if (when === 'after') await call(aService, operation, input)
      throw failure()
    }
  const outcome = complete(around)
  if (expected === COMPLETE) expect((await outcome).statusCode).toBe(200)
  else await expect(outcome).rejects.toMatchObject({ code: 'unavailable' })
  expect(await state()).toEqual(expected)
  if (expected !== UNTOUCHED) return
  // The same code and login token complete the sign-in, once the call succeeds again.
  isFailing = false
  expect((await complete(around)).statusCode).toBe(200)
  expect(await state()).toEqual(COMPLETE)
})
