import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { findFactorReset } from '../../lib/mail/factor-reset.ts'
import type { User } from '../../lib/users/user.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { type Fate, targetsOf } from '../support/aws/wire.ts'
import type { Route } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { beginInProcess } from '../support/process/command.ts'
import { isProof } from '../support/rows.ts'
import { NO_MAIL_LIMITS, useWiredService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { begin, PASSWORD } from '../support/users/sessions.ts'
import { giveFactors } from '../support/users/users.ts'

const DAY = 86_400

let username: string
let to: string
let signIns = 0

recordLogs()

const { service, wire, wired } = await useWiredService(NO_MAIL_LIMITS)
afterAll(() => console.log(`Resets of second factors: ${signIns} sign-ins`))
beforeEach(async () => {
  vi.useRealTimers()
  wire.intercept(() => 'pass')
  to = newAddress()
  username = await service.add({ email: to.toLowerCase(), emailAsWritten: to, emailVerified: true })
  await giveFactors(service.table, await user())
})

const needsFactor = { status: 200, body: { next: 'second-factor', factors: ['passkey', 'recovery-code'] } }
const isSignedIn = { status: 200, body: { authToken: expect.any(String) } }

describe('after reset-factors, a sign-in with the password', () => {
  test('needs the second factor until the delay is over, and then does not', async () => {
    await requestReset()
    expect(await login()).toMatchObject(needsFactor)
    letPass(DAY - 60)
    expect(await login()).toMatchObject(needsFactor)
    letPass(60)
    const before = await user()
    expect(await login()).toMatchObject(isSignedIn)
    expect(await user()).toMatchObject({
      factors: undefined,
      generation: before.generation + 1,
      sessionGeneration: before.sessionGeneration + 1,
    })
    const left = Object.keys(await service.itemsOf(username)).filter((sk) => !sk.startsWith('session#'))
    expect(left).toEqual(['profile'])
    const subjects = service.mailsTo(to).map(({ subject }) => subject)
    expect(subjects).toContain('Your second factors were removed at Test')
  })

  test('returns tokens that are valid, and ends the sessions of before', async () => {
    const { refreshToken } = await begin(service, wired, username)
    await requestReset()
    letPass(DAY + 1)
    const { body } = await login()
    expect(await wired.opens(body.authToken)).toBe(true)
    expect((await ask('refresh', { refreshToken: body.refreshToken })).status).toBe(200)
    expect((await ask('refresh', { refreshToken })).status).toBe(401)
  })

  test('needs the second factor, if nothing happened for a week after the delay', async () => {
    await requestReset()
    letPass(8 * DAY)
    expect(await login()).toMatchObject(needsFactor)
  })

  test('needs the second factor, if the mail was not sent', async () => {
    const { id } = await user()
    await requestReset()
    // As if the mailer had crashed before its record.
    await service.table.aws('dynamodb', 'UpdateItem', {
      TableName: service.table.name,
      Key: { pk: { S: `user#${id}` }, sk: { S: 'factor-reset' } },
      UpdateExpression: 'REMOVE announcedAt',
    })
    letPass(DAY + 1)
    expect(await login()).toMatchObject(needsFactor)
  })

  test.each([
    ['an hour early', -3_600],
    ['an hour late', 3_600],
  ])('waits for the delay by the clock of the mailer, with an operator %s', async (_what, skew) => {
    await requestReset(skew)
    const announcedAt = Number((await reset())?.announcedAt)
    expect(announcedAt).toBeGreaterThan(0)
    vi.useFakeTimers({ toFake: ['Date'], now: (announcedAt + DAY - 1) * 1_000 })
    expect(await login()).toMatchObject(needsFactor)
    vi.useFakeTimers({ toFake: ['Date'], now: (announcedAt + DAY) * 1_000 })
    expect(await login()).toMatchObject(isSignedIn)
  })

  test('needs the correct password', async () => {
    await requestReset()
    letPass(DAY + 1)
    expect((await ask('login', { username, password: 'wrong password' })).status).toBe(401)
    expect((await user()).factors).toBe('passkey')
  })
})

describe('a reset that is cancelled by its link', () => {
  test('removes nothing, and the link works once', async () => {
    const token = await requestReset()
    expect((await ask('POST /factors/cancel-reset', { token })).status).toBe(204)
    expect(await reset()).toBeUndefined()
    expect((await ask('POST /factors/cancel-reset', { token })).status).toBe(400)
    letPass(DAY + 1)
    expect(await login()).toMatchObject(needsFactor)
  })

  test('is cancelled after the delay too, before a sign-in', async () => {
    const token = await requestReset()
    letPass(DAY + 1)
    expect((await ask('POST /factors/cancel-reset', { token })).status).toBe(204)
    expect(await login()).toMatchObject(needsFactor)
  })

  test('is cancelled by the link of an earlier notice', async () => {
    const token = await requestReset()
    await requestReset()
    expect((await ask('POST /factors/cancel-reset', { token })).status).toBe(204)
    letPass(DAY + 1)
    expect(await login()).toMatchObject(needsFactor)
  })

  test.each([
    [
      'another kind',
      async () => {
        await service.ask('forgot', { body: { login: username } })
        return tokenIn(service.mailTo(to))
      },
    ],
    ['nothing', async () => `${'A'.repeat(22)}.${'B'.repeat(43)}`],
  ])('is not cancelled by a link of %s', async (_what, tokenOf) => {
    await requestReset()
    const token = await tokenOf()
    expect((await ask('POST /factors/cancel-reset', { token })).status).toBe(400)
    expect(await reset()).toBeDefined()
  })
})

describe('a cancellation and an elapsed sign-in at once', () => {
  /** Holds the transaction of one side until the other side is done. */
  async function race(first: 'cancel' | 'login') {
    const token = await requestReset()
    letPass(DAY + 1)
    let isHeld = false
    const other = async () =>
      first === 'cancel'
        ? await service.ask('POST /factors/cancel-reset', { body: { token } })
        : await service.ask('login', { body: { username, password: PASSWORD } })
    let outcome: Awaited<ReturnType<typeof other>> | undefined
    wire.intercept(async ({ operation }): Promise<Fate> => {
      if (operation === 'TransactWriteItems' && !isHeld) {
        isHeld = true
        outcome = await other()
      }
      return 'pass'
    })
    const held = first === 'cancel' ? await login() : await ask('POST /factors/cancel-reset', { token })
    return { held, outcome }
  }

  test('keep the factors, if the cancellation comes first', async () => {
    const { held, outcome } = await race('cancel')
    expect(outcome?.status).toBe(204)
    expect(held).toMatchObject(needsFactor)
    expect((await user()).factors).toBe('passkey')
  })

  test('refuse the cancellation, if the sign-in comes first', async () => {
    const { held, outcome } = await race('login')
    expect(outcome).toMatchObject(isSignedIn)
    expect(held.status).toBe(400)
    expect((await user()).factors).toBeUndefined()
  })

  test('remove the factors once, if two sign-ins come', async () => {
    await requestReset()
    letPass(DAY + 1)
    const before = await user()
    const responses = await Promise.all(Array.from({ length: 5 }, () => login()))
    expect((await user()).generation).toBe(before.generation + 1)
    for (const { status, body } of responses) {
      expect(status).toBe(200)
      // One removes them. The others need the factor, or come after it.
      expect(body.authToken !== undefined || body.next === 'second-factor').toBe(true)
    }
    expect(responses.some(({ body }) => body.authToken)).toBe(true)
  })
})

describe('a fault at a call of an elapsed sign-in', () => {
  const FATES = ['refuse', 'cut before', 'cut after'] as const
  let cases = 0

  /** Begins with another user, whose reset has elapsed. */
  async function prepare(): Promise<void> {
    vi.useRealTimers()
    to = newAddress()
    username = await service.add({ email: to.toLowerCase(), emailAsWritten: to, emailVerified: true })
    await giveFactors(service.table, await user())
    await requestReset()
    letPass(DAY + 1)
  }

  test('leaves all factors or none, and a later sign-in works', async () => {
    await requestReset()
    letPass(DAY + 1)
    wire.intercept(() => 'pass')
    await login()
    // Up to the removal. The calls after it are those of every sign-in.
    const targets = targetsOf(wire.calls()).filter(
      ({ label, index }) =>
        ['BatchGetItem', 'Query'].includes(label) || (label === 'TransactWriteItems' && index === 0),
    )
    expect(targets).toHaveLength(5)
    const outcomes = { kept: 0, removed: 0 }
    for (const fate of isProof ? FATES : FATES.slice(-1)) {
      for (const { label, index } of targets) {
        await prepare()
        const bodies = new Set<string>()
        wire.intercept((call) => {
          if (call.label !== label) return 'pass'
          bodies.add(call.body)
          // The client sends a call again with the same body.
          return [...bodies].indexOf(call.body) === index ? fate : 'pass'
        })
        const { status } = await login()
        await wire.settle()
        wire.intercept(() => 'pass')
        const items = Object.keys(await service.itemsOf(username))
        const passkeys = items.filter((sk) => sk.startsWith('passkey#')).length
        const isKept = (await user()).factors !== undefined
        expect({ label, index, fate, status, passkeys }).toMatchObject({
          status: 503,
          passkeys: isKept ? 2 : 0,
        })
        outcomes[isKept ? 'kept' : 'removed'] += 1
        expect(await login()).toMatchObject(isSignedIn)
        cases += 1
      }
    }
    // Only a transaction whose response is lost has removed them.
    expect(outcomes).toEqual({ kept: isProof ? 14 : 4, removed: 1 })
    console.log(`Faults of elapsed resets: ${cases} cases`)
  })
})

const user = (): Promise<User> => service.user(username)

const reset = async () => findFactorReset(service.table, (await user()).id)

const ask = async (route: Route, body: object) => {
  const { status, text } = await wired.ask(route, { body })
  await service.settled()
  return { status, body: text === '' ? {} : JSON.parse(text) }
}

const login = () => {
  signIns += 1
  return ask('login', { username, password: PASSWORD })
}

const letPass = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 })

/** Runs the operator's command, by a clock that is so many seconds wrong. The mailer's clock is right. */
async function requestReset(skewSeconds = 0): Promise<string> {
  const target = ['--local', '--endpoint', service.aws.settings.endpoints.dynamodb.origin]
  const { io, outcome } = beginInProcess(usersCommand, ['reset-factors', username, ...target])
  io.now = () => new Date(Date.now() + skewSeconds * 1_000)
  expect(await outcome).toMatchObject({ status: 0, stderr: '' })
  await service.settled()
  return tokenIn(service.mailTo(to))
}
