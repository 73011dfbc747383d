import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Question, Verdict } from '../../lib/drain/verdict.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import type { User } from '../../lib/users/user.ts'
import { recordLogs } from '../support/logs.ts'
import { root } from '../support/process/service-description.ts'
import { useService } from '../support/service.ts'
import { codeIn } from '../support/users/mails.ts'
import { addSession, begin, NEW_PASSWORD, PASSWORD, refresh, tokensOf } from '../support/users/sessions.ts'

const records: Record<string, unknown>[] = []
recordLogs(records)
/** What the old place is asked, and what it says. */
const questions: Question[] = []
let verdict: Verdict | Error
// Limits count in windows of the clock, and a test may not meet the end of one.
vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
const service = await useService({
  settings: { LIMIT_MAIL_SOURCE: '9999/3600', LIMIT_USER_AND_SOURCE: '3/900', LIMIT_SOURCE: '20/900' },
  oldPlace(question) {
    questions.push(question)
    if (verdict instanceof Error) throw verdict
    return { verdict }
  },
})
const { functions } = service

const addUnmoved = (values: Partial<User> = {}) =>
  service.addUser({ passwordHash: DECOY_HASH, passwordFrom: 'Ada@Old', externalId: 'the sub', ...values })

const login = (username: string, password = PASSWORD, sourceIp = '203.0.113.7') =>
  functions.ask('login', { body: { username, password }, sourceIp })

const REFUSED = { status: 401, detail: 'Incorrect username or password.' }

let user: User
beforeEach(async () => {
  questions.length = 0
  records.length = 0
  verdict = 'correct'
  user = await addUnmoved()
})

describe('the first sign-in of a user whose password is at the old place', () => {
  test('asks the old place once. Later sign-ins do not', async () => {
    tokensOf(await login(user.username))
    verdict = new Error('the pool is down')
    tokensOf(await login(String(user.email)))
    expect((await login(user.username, 'another')).status).toBe(401)
    expect(questions).toEqual([
      { id: 'the sub', username: 'Ada@Old', password: PASSWORD, address: expect.any(String) },
    ])
    expect(records.filter(({ event }) => event === 'password.moved')).toHaveLength(1)
    expect(JSON.stringify(records)).not.toContain(PASSWORD)
    expect((await service.user(user.username)).passwordFrom).toBeUndefined()
  })

  test('asks for the password in normalisation form C, and stores that one', async () => {
    tokensOf(await login(user.username, 'cafe\u0301 cafe\u0301 cafe\u0301'))
    tokensOf(await login(user.username, 'caf\u00e9 caf\u00e9 caf\u00e9'))
    expect(questions.map(({ password }) => password)).toEqual(['caf\u00e9 caf\u00e9 caf\u00e9'])
  })

  test('takes a password that is shorter than new ones, and refuses one that is too long unasked', async () => {
    expect((await login(user.username, 'a'.repeat(1_025))).status).toBe(422)
    expect(questions).toEqual([])
    tokensOf(await login(user.username, 'Short1!'))
    tokensOf(await login(user.username, 'Short1!'))
    expect(questions).toHaveLength(1)
  })

  test('of two at once stores one password, and both or one sign in', async () => {
    const statuses = (await Promise.all([login(user.username), login(user.username)])).map(
      (one) => one.status,
    )
    expect(statuses).toContain(200)
    expect(statuses.every((status) => [200, 401].includes(status))).toBe(true)
    tokensOf(await login(user.username))
    expect(questions.length).toBeLessThanOrEqual(2)
  })

  test('looks the same for every refusal', async () => {
    const unknown = await login('no-user')
    expect(JSON.parse(unknown.text)).toMatchObject(REFUSED)
    for (verdict of ['wrong', 'exceeded'] as const) {
      const { status, text } = await login((await addUnmoved()).username)
      expect({ status, text }).toEqual({ status: 401, text: unknown.text })
    }
    const disabled = await addUnmoved({ disabled: true })
    expect((await login(disabled.username)).text).toBe(unknown.text)
    expect(questions).toHaveLength(2)
  })

  test('counts a wrong password for its user, and nothing without a verdict', async () => {
    for (verdict of ['exceeded', 'unavailable', new Error('down')] as const) {
      const { status } = await login(user.username)
      expect(status).toBe(verdict === 'exceeded' ? 401 : 503)
      expect(await countOf(user.username)).toBe(0)
    }
    verdict = 'wrong'
    await login(user.username)
    expect(await countOf(user.username)).toBeGreaterThan(0)
  })

  test.each(['exceeded', 'unavailable'] as const)(
    'asks at most as often as one source may, if it is %s. The user keeps the attempts at other sources',
    async (without) => {
      verdict = without
      const source = without === 'exceeded' ? '198.51.100.1' : '198.51.100.2'
      const statuses: number[] = []
      for (let i = 0; i < 22; i += 1) statuses.push((await login(user.username, PASSWORD, source)).status)
      expect(statuses).toEqual([...Array(20).fill(without === 'exceeded' ? 401 : 503), 429, 429])
      expect(questions).toHaveLength(20)
      verdict = 'correct'
      tokensOf(await login(user.username, PASSWORD, '198.51.100.3'))
    },
  )

  test('is limited before the old place is asked: a burst asks at most as often as the limit', async () => {
    verdict = 'wrong'
    const burst = await Promise.all(Array.from({ length: 12 }, (_, i) => login(user.username, `guess ${i}`)))
    expect(burst.map(({ status }) => status).filter((status) => status === 401)).toHaveLength(3)
    expect(questions).toHaveLength(3)
    verdict = 'correct'
    expect((await login(user.username)).status).toBe(429)
    expect(questions).toHaveLength(3)
  })
})

describe('with the old place down', () => {
  beforeEach(() => {
    verdict = 'unavailable'
  })

  test('a moved user signs in, and another one resets the password by a mail', async () => {
    const moved = await service.addUser()
    tokensOf(await login(moved.username))
    const refused = await login(user.username)
    expect(refused).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } })
    await resetByMail(user)
    tokensOf(await login(user.username, NEW_PASSWORD))
    // The old password does not come back.
    verdict = 'correct'
    expect((await login(user.username)).status).toBe(401)
    expect(questions).toHaveLength(1)
  })
})

describe('a user who must have a second factor', () => {
  const enrolment = { next: 'enrolment', proofs: ['mail', 'code'], enrolmentToken: expect.any(String) }

  test('because of one at the old place enrols before the first session', async () => {
    verdict = 'correct-with-factor'
    expect(JSON.parse((await login(user.username)).text)).toEqual(enrolment)
    expect(JSON.parse((await login(user.username)).text)).toEqual(enrolment)
    expect(questions).toHaveLength(1)
  })

  test('by the import enrols after a reset by mail, too', async () => {
    const marked = await addUnmoved({ mustEnrol: true })
    await resetByMail(marked)
    expect(JSON.parse((await login(marked.username, NEW_PASSWORD)).text)).toEqual(enrolment)
    expect(questions).toEqual([])
  })

  test('refreshes no session of one factor', async () => {
    const marked = await addUnmoved({ mustEnrol: true })
    const refreshToken = await addSession(service, marked.username)
    expect((await refresh(functions, refreshToken)).status).toBe(401)
    expect((await refresh(functions, await addSession(service, user.username))).status).toBe(200)
  })
})

const PROTECTED: [string, object, string?][] = [
  ['PUT /password', { newPassword: NEW_PASSWORD }],
  ['PUT /email', { email: 'new@example.org' }],
  ['DELETE /me', {}],
  ['POST /factors/totp', {}],
  ['DELETE /factors/totp', {}],
  ['POST /factors/recovery-codes', {}],
  ['POST /passkeys/options', {}],
  ['DELETE /passkeys/{id}', {}, 'A'.repeat(22)],
  ['DELETE /identities/{id}', {}, 'A'.repeat(43)],
]

test.each(PROTECTED)('%s does not ask the old place: it needs a password here', async (route, body, id) => {
  const { authToken: token } = await begin(service, functions, user.username)
  const asking = { token, body: { ...body, currentPassword: PASSWORD }, ...(id && { id }) }
  const { status, text } = await functions.ask(route, asking)
  expect({ status, text }).toEqual({
    status: 422,
    text: expect.stringContaining('You have no password yet. Choose one by a mail.'),
  })
  expect(questions).toEqual([])
  expect(await countOf(user.username)).toBe(0)
})

test('the two handlers of login differ in the line that verifies', () => {
  const stepsOf = (file: string) => {
    const code = readFileSync(join(root, file), 'utf8')
    return code.slice(code.indexOf('const SETTINGS')).replace(/\/\*\*[\s\S]*?\*\//, '')
  }
  const moving = stepsOf('functions/drain/login.ts')
    .replace('  const drain = readDrainFunction()\n', '')
    .replace(
      'verifyOrMove(arrival, attempt, request.password, drain)',
      'verifyAttempt(attempt, request.password)',
    )
  expect(moving).toBe(stepsOf('functions/sessions/login.ts'))
})

/** Returns how many attempts are counted for a name and its user. */
async function countOf(username: string): Promise<number> {
  const { id } = await service.user(username)
  const items = [
    ...Object.entries(await service.items(`name#${username}`)),
    ...Object.entries(await service.items(`user#${id}`)),
  ]
  return items.reduce((sum, [, { ids }]) => sum + (Object(ids).SS ?? []).length, 0)
}

async function resetByMail({ email }: User) {
  const { body } = await service.ask('forgot', { body: { login: email } })
  const reset = { mailId: body.mailId, code: codeIn(service.mailTo(String(email))), password: NEW_PASSWORD }
  expect((await service.ask('reset', { body: reset })).status).toBe(204)
}
