import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { findUserByName } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { ADA, service, startAws } from '../security/faults/aws.ts'
import { isWaiting, ONE_OF_EACH_CLASS } from '../security/faults/faults.ts'
import { captureLogs, loadLogin, UNAVAILABLE } from '../security/faults/functions.ts'
import { type AwsProxy, startProxy } from '../support/aws-proxy.ts'
import { addFakeFactor } from '../support/fake-factor.ts'
import { tableOf } from '../support/service-description.ts'

const aws = await startAws()
const table = tableOf(service, aws)
const ada = (await findUserByName(table, ADA.username)) as User
await addFakeFactor(table, ada)
/** Two for each case. */
const started: AwsProxy[] = []

beforeAll(() => {
  captureLogs(['info', 'warn', 'error'])
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterAll(() => {
  console.log(`Faults of the password step of a sign-in: ${started.length / 2} cases ran`)
  for (const proxy of started) proxy.close()
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
  started.push(proxies.dynamodb, proxies.kms)
  return { ...proxies, login: await loadLogin(aws, proxies) }
}

test('the password step calls nothing of KMS', async () => {
  const { login, dynamodb, kms } = await start()
  isNextStep((await login()).response)
  expect(kms.calls).toEqual([])
  expect(dynamodb.calls).not.toContain('TransactWriteItems')
})

test.for(CALLS.flatMap(([operation, text]) => classes.map((row) => [operation, text, ...row] as const)))(
  'the password step answers 503 while %s of %s %s, and succeeds after recovery',
  async ([operation, text, , say, cause, attempts]) => {
    const { login, dynamodb } = await start()
    dynamodb.inject({ operation, text, say })
    const { response, log } = await login()
    expect(response).toEqual(UNAVAILABLE)
    expect(log).toEqual([
      expect.objectContaining({ event: 'dependency.failed', cause: expect.stringContaining(cause) }),
    ])
    expect(dynamodb.failed()).toBe(attempts)
    await dynamodb.recover()
    isNextStep((await login()).response)
  },
)

test.for(classes)('the password step succeeds while the return of its attempt %s', async ([, say]) => {
  const { login, dynamodb } = await start()
  dynamodb.inject({ operation: 'UpdateItem', text: 'DELETE ids', say })
  const { response, log } = await login()
  isNextStep(response)
  expect(log).toHaveLength(4)
})

test('the password step succeeds without KMS, and the sign-in is not complete', async () => {
  const { login, kms } = await start()
  kms.refuse()
  isNextStep((await login()).response)
})
