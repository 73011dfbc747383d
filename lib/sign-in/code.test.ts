import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { keeping, useTable } from '../../test/support/aws/table.ts'
import { fieldError } from '../../test/support/http/problems.ts'
import { beginLogin } from '../../test/support/users/fake-factor.ts'
import { testAt } from '../../test/support/users/users.ts'
import { attributesOf, getItems, transact, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { totpKey } from '../factors/keys.ts'
import { findRecoveryCodes, newRecoveryCodes } from '../factors/recovery-codes/store.ts'
import { refusal, wrongCode } from '../factors/refusals.ts'
import { encryptSecret } from '../factors/totp/secret.ts'
import { findTotp } from '../factors/totp/store.ts'
import { codeOf, TOTP_SECRET_BYTES } from '../factors/totp/totp.ts'
import type { MailEvent } from '../mail/event.ts'
import { totpCounter } from '../throttling/factor-counters.ts'
import { returnUnjudged } from '../throttling/reservations.ts'
import { reserveAttempt } from '../throttling/store.ts'
import { secondOf } from '../time.ts'
import type { BegunLogin } from './begun.ts'
import { verifyRecoveryCode, verifyTotpCode } from './code.ts'
import type { Spend } from './complete.ts'
import { loginTokenKey } from './login-token.ts'

const events: MailEvent[] = []
const stores = await useTable({
  functionNames: ['mailer'],
  pausesMs: [],
  invoke: async (_name, event) => {
    events.push(event as MailEvent)
    return { isReturned: true, payload: 'null' }
  },
})
const table = keeping(stores.table)

const now = new Date('2026-11-26T09:00:00.400Z')
const step = secondOf(now) / 30
const secret = randomBytes(TOTP_SECRET_BYTES)
const rightCode = codeOf(secret, step)
const otherCode = String((Number(rightCode) + 1) % 1_000_000).padStart(6, '0')
const config = { FACTOR_KEY: 'alias/serverless-jwt-auth-dev-auth-factors', MAILER: 'mailer' }
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8' }
const CREATED_AT = '2026-11-01T00:00:00.000Z'

let begun: BegunLogin
beforeEach(async () => {
  const address = `a${randomBytes(4).toString('hex')}@example.org`
  const user = await stores.user(await stores.add({ username: address }))
  begun = { user, login: (await beginLogin(table, user, now)).login }
  table.reserved.length = 0
  vi.spyOn(console, 'warn').mockReturnValue()
})
afterEach(() => vi.restoreAllMocks())

describe('a code of an authenticator app', () => {
  test('that is correct spends its step, and is counted until the sign-in is complete', async () => {
    await addTotp()
    const { spends } = await verifyCode(rightCode)
    expect(await lastStep()).toBe(0)
    expect(await counted()).toEqual([expect.stringMatching(/^[\w-]{11}$/)])
    expect(await tries()).toHaveLength(1)
    expect(await transact(table, writesOf(spends))).toBeUndefined()
    expect(await lastStep()).toBe(step)
  })

  test('that another request spends first is refused', async () => {
    await addTotp()
    const [first, second] = [await verifyCode(rightCode), await verifyCode(rightCode)]
    expect(await transact(table, writesOf(first.spends))).toBeUndefined()
    expect(await transact(table, writesOf(second.spends))).toEqual([true])
    expect(second.spends[0]?.refusal()).toMatchObject(refused('the code was used meanwhile', 'totp'))
  })

  test.each([
    ['wrong', () => otherCode, 0],
    ['used already', () => rightCode, step],
  ] as const)('that is %s is refused and stays counted', async (_what, code, usedUntil) => {
    await addTotp(usedUntil)
    const wrong = refused('wrong code of an authenticator app', 'totp')
    await expect(verifyCode(code())).rejects.toMatchObject(wrong)
    expect(await counted()).toHaveLength(1)
    expect(await tries()).toHaveLength(1)
    expect(events).toEqual([])
  })

  test('of a user without an app is refused, and costs a try of the login token', async () => {
    const missing = refused('the user has no authenticator app', 'totp')
    await expect(verifyCode(rightCode)).rejects.toMatchObject(missing)
    expect([await tries(), await counted()]).toEqual([[expect.any(String)], []])
  })

  test('costs no attempt of the user while KMS fails', async () => {
    await addTotp(0, 'another user')
    await expect(verifyCode(rightCode)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await counted()).toEqual([])
  })

  test('is not compared after five tries of one login token', async () => {
    await addTotp()
    for (let tries = 1; tries <= 5; tries += 1) await verifyCode(otherCode).catch(() => undefined)
    await expect(verifyCode(rightCode)).rejects.toMatchObject({
      code: 'invalid_credentials',
      error: 'login_expired',
      message: 'the tries of the login token are used up',
    })
    expect(await counted()).toHaveLength(5)
  })

  test('is not compared while the counter of the user is full', async () => {
    await addTotp()
    const { maxAttempts, endsAt } = counter()
    for (let index = 0; index < maxAttempts; index += 1) {
      await reserveAttempt(table, [counter()], `earlier-${index}`, now)
    }
    await expect(verifyCode(rightCode)).rejects.toMatchObject({
      code: 'too_many_attempts',
      message: 'too many codes',
      event: 'factor.limited',
      retryAfterSeconds: endsAt - secondOf(now),
      log: { userId: begun.user.id, factor: 'totp', source: '203.0.113.0/24' },
    })
  })

  test('that fills the counter sends a notice, whose id stays if it is full again', async () => {
    await addTotp()
    for (let index = 2; index < counter().maxAttempts; index += 1) {
      await reserveAttempt(table, [counter()], `earlier-${index}`, now)
    }
    events.length = 0
    await verifyCode(otherCode).catch(() => undefined)
    expect(events).toEqual([])
    await verifyCode(otherCode).catch(() => undefined)
    const { username } = begun.user
    const notice = { kind: 'totp-limited', to: username, username, at: now.toISOString(), origin }
    const { pk, sk } = counter().key
    const noticeId = createHash('sha256').update(`${pk.S} ${sk.S}`).digest('base64url')
    expect(events).toEqual([{ ...notice, id: noticeId }])

    // The id names the counter: a counter that is emptied and full again sends the same one.
    const [id] = await counted()
    await transact(table, [
      {
        Update: {
          Key: counter().key,
          UpdateExpression: 'DELETE ids :ids',
          ExpressionAttributeValues: { ':ids': { SS: [String(id)] } },
        },
      },
    ])
    await verifyCode(otherCode).catch(() => undefined)
    expect(events[1]).toEqual(events[0])
    events.length = 0
  })
})

test.each([
  ['by an outage', new ServiceError('unavailable', 'the store is down'), 0],
  ['because another request spent the login token', refusal('login_expired', 'spent'), 0],
  ['because another request spent the code', wrongCode('spent'), 1],
])('a sign-in with a correct code that fails %s: attempts that stay counted', async (_what, error, left) => {
  await addTotp()
  await verifyCode(rightCode)
  await returnUnjudged(table, error)
  expect(await counted()).toHaveLength(left)
})

test('an outage before the verdict on a code costs no try of the login token', async () => {
  await addTotp(0, 'another user')
  await verifyCode(rightCode).catch((error) => returnUnjudged(table, error))
  expect([await tries(), await counted()]).toEqual([[], []])
})

describe('a recovery code', () => {
  const addCodes = async () => {
    const { codes, write } = newRecoveryCodes(begun.user.id, now)
    await transact(table, [write])
    return codes
  }
  const verify = (typed: string) => verifyRecoveryCode({ ...testAt(table, now), origin }, begun, typed)

  test('is accepted as people type it, and spent once', async () => {
    const [code = '', ...rest] = await addCodes()
    const { spends } = await verify(` ${code.toLowerCase().replaceAll('-', ' ')}`)
    expect(await findRecoveryCodes(table, begun.user.id)).toHaveLength(10)
    expect(await transact(table, writesOf(spends))).toBeUndefined()
    expect(await findRecoveryCodes(table, begun.user.id)).toHaveLength(rest.length)
    expect(await transact(table, writesOf(spends))).toEqual([true])
    const usedMeanwhile = refused('the recovery code was used meanwhile', 'recovery-code')
    expect(spends[0]?.refusal()).toMatchObject(usedMeanwhile)
    await expect(verify(code)).rejects.toMatchObject(refused('wrong recovery code', 'recovery-code'))
  })

  test.each(['', '0000-0000-0000-0000', 'no code'])('%j is refused, and costs a try', async (typed) => {
    await addCodes()
    await expect(verify(typed)).rejects.toMatchObject(refused('wrong recovery code', 'recovery-code'))
    expect(await tries()).toHaveLength(1)
    expect(await counted()).toEqual([])
  })

  test('is not compared after five tries of one login token', async () => {
    const [code = ''] = await addCodes()
    for (let tries = 1; tries <= 5; tries += 1) await verify('wrong').catch(() => undefined)
    await expect(verify(code)).rejects.toMatchObject({ error: 'login_expired' })
  })

  test('of another user is refused', async () => {
    const { codes } = newRecoveryCodes('AbCdEfGhIjKlMnOpQrStUw', now)
    await addCodes()
    await expect(verify(String(codes[0]))).rejects.toMatchObject({ code: 'invalid_fields' })
  })
})

async function addTotp(lastStep = 0, ofUser = begun.user.id) {
  const ciphertext = await encryptSecret(table.aws, config.FACTOR_KEY, ofUser, secret)
  const item = { ...totpKey(begun.user.id), ...attributesOf({ ciphertext, lastStep, createdAt: CREATED_AT }) }
  await writeIf(table, 'PutItem', { Item: item })
}

const verifyCode = (code: string, at = table) =>
  verifyTotpCode({ ...testAt(at, now), config, origin }, begun, code)

const lastStep = async () => (await findTotp(table, begun.user.id))?.lastStep

const idsOf = async (key: Parameters<typeof getItems>[1][number]) => {
  const [item] = await getItems(table, [key])
  return ((item?.ids as { SS?: string[] } | undefined)?.SS ?? []) as string[]
}

const tries = () => idsOf(loginTokenKey(begun.login.id, 'tries'))

const counter = () => totpCounter(begun.user.id, now)

const counted = () => idsOf(counter().key)

const writesOf = (spends: readonly Spend[]) => spends.map(({ write }) => write)

const refused = (message: string, factor: string) => ({
  code: 'invalid_fields',
  message,
  event: 'factor.refused',
  fields: [fieldError('#/code', 'Incorrect code.')],
  log: { userId: begun.user.id, factor, source: '203.0.113.0/24' },
})
