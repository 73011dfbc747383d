import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { getItems } from '../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { loginTokenKey } from '../../lib/sign-in/login-token.ts'
import { stopTime } from '../support/at-once.ts'
import { restorerOf } from '../support/aws/restore.ts'
import { type Call, type Fate, isWrite, nameOf } from '../support/aws/wire.ts'
import type { Functions, Route } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { firstOfClass, rowsOf } from '../support/rows.ts'
import { NO_LIMITS, ORIGIN, useWiredService } from '../support/service.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { codeIn, tokenIn } from '../support/users/mails.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

const SETTINGS = { ...NO_LIMITS, REQUIRE_SECOND_FACTOR: 'administrators' }
let ran = 0
const isFirst = firstOfClass()
const outcomes = { enrolled: 0, 'not enrolled': 0 }

const { service, wire, wired } = await useWiredService(SETTINGS)
const empty = await restorerOf(service.table)
// A code of an app is valid for a minute at most, and is sent once for each fault.
stopTime(Date.now())
beforeEach(() => {
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  recordLogs()
})
afterAll(() => {
  vi.restoreAllMocks()
  console.log(`Faults of enrolments: ${ran} cases ran`, outcomes)
})

/** An administrator who enrols. */
interface Person {
  username: string
  to: string
}

let people = 0
/** The app that was set up last. */
let app: ReturnType<typeof authenticator>

/** Requests by route, with the body that a person sends at that step. */
const STEPS: Record<string, [Route, (person: Person) => Promise<Record<string, unknown>>]> = {
  'the sign-in': ['login', async ({ username }) => ({ username, password: PASSWORD })],
  'the mail': ['POST /enrolment/mail', async (person) => ({ enrolmentToken: await begin(person) })],
  'the link': [
    'POST /enrolment/proof',
    async (person) => {
      const enrolmentToken = await begin(person)
      await ask('POST /enrolment/mail', { enrolmentToken })
      return { enrolmentToken, token: tokenIn(service.mailTo(person.to)) }
    },
  ],
  'the code of the mail': [
    'POST /enrolment/proof',
    async (person) => {
      const enrolmentToken = await begin(person)
      const { mailId } = (await ask('POST /enrolment/mail', { enrolmentToken })).body
      return { enrolmentToken, mailId, code: codeIn(service.mailTo(person.to)) }
    },
  ],
  'the code of an operator': [
    'POST /enrolment/proof',
    async (person) => {
      const user = await service.user(person.username)
      const random = randomBytes(CODE_RANDOM_BYTES)
      const operatorCode = await storeEnrolmentCode(service.table, user, random, testAct(new Date()))
      return { enrolmentToken: await begin(person), operatorCode }
    },
  ],
  'the start of an app': [
    'POST /enrolment/totp',
    async (person) => ({ enrolmentToken: await beginProved(person) }),
  ],
  'the code of the app': [
    'enrol-totp',
    async (person) => {
      const enrolmentToken = await beginProved(person)
      app = await startTotp(enrolmentToken)
      return { enrolmentToken, code: app(new Date()) }
    },
  ],
  'the start of a passkey': [
    'POST /enrolment/passkey/options',
    async (person) => ({ enrolmentToken: await beginProved(person) }),
  ],
  'the passkey': [
    'POST /enrolment/passkey',
    async (person) => {
      const enrolmentToken = await beginProved(person)
      return { enrolmentToken, response: await startPasskey(enrolmentToken) }
    },
  ],
}

test.each(Object.keys(STEPS))(
  'after a fault at any call of %s, the user is enrolled or can enrol',
  async (step) => {
    const [route, prepare] = STEPS[step] as (typeof STEPS)[string]
    await empty()
    const person = await addPerson()
    const body = await prepare(person)
    const restore = await restorerOf(service.table)
    wire.intercept(() => 'pass')
    expect((await ask(route, body, wired)).status).toBeLessThan(300)
    const calls = [...new Map(wire.calls().map((call) => [nameOf(call), call])).values()]
    expect(calls.length).toBeGreaterThan(1)
    for (const target of calls) {
      for (const fate of fates(target)) {
        if (!isFirst(`${nameOf(target)} ${fate}`)) continue
        ran += 1
        await restore()
        wire.intercept((call) => (nameOf(call) === nameOf(target) ? fate : 'pass'))
        const { status } = await ask(route, body, wired)
        await wire.settle()
        wire.intercept(() => 'pass')
        expect({ target: nameOf(target), fate, status }).toMatchObject({ status: expect.any(Number) })
        expect([200, 202, 204, 503]).toContain(status)
        await check(person, route === 'POST /enrolment/proof' ? body : undefined).catch((error) => {
          throw new Error(`${nameOf(target)} ${fate}: ${error.message}`, { cause: error })
        })
      }
    }
  },
)

const ask = async (route: Route, body: object, functions: Functions = service.functions) => {
  const { status, text } = await functions.ask(route, { body })
  await service.settled()
  return { status, body: text === '' ? {} : JSON.parse(text) }
}

const login = ({ username }: Person, functions?: Functions) =>
  ask('login', { username, password: PASSWORD }, functions)

async function addPerson(): Promise<Person> {
  people += 1
  const to = `ivy.${people}@example.org`
  return { username: await service.add({ role: 'admin', email: to, emailVerified: true }), to }
}

async function prove(person: Person, enrolmentToken: string): Promise<void> {
  const random = randomBytes(CODE_RANDOM_BYTES)
  const user = await service.user(person.username)
  const operatorCode = await storeEnrolmentCode(service.table, user, random, testAct(new Date()))
  expect((await ask('POST /enrolment/proof', { enrolmentToken, operatorCode })).status).toBe(204)
}

const begin = async (person: Person): Promise<string> => (await login(person)).body.enrolmentToken

const beginProved = async (person: Person): Promise<string> => {
  const enrolmentToken = await begin(person)
  await prove(person, enrolmentToken)
  return enrolmentToken
}

const startTotp = async (enrolmentToken: string) =>
  authenticator((await ask('POST /enrolment/totp', { enrolmentToken })).body.secret)

const startPasskey = async (enrolmentToken: string) => {
  const { body } = await ask('POST /enrolment/passkey/options', { enrolmentToken })
  return createPasskey(body, ORIGIN).response
}

/** Checks that a user has a whole second factor, or none and can enrol one, and the proof that the request had, if any. */
async function check(person: Person, proof?: Record<string, unknown>): Promise<void> {
  if (proof) await checkProof(proof)
  const { factors } = await service.user(person.username)
  const items = Object.keys(await service.itemsOf(person.username))
  const stored = [
    ...(items.includes('totp') ? ['totp'] : []),
    ...(items.some((sk) => sk.startsWith('passkey#')) ? ['passkey'] : []),
  ].join(' ')
  expect(stored).toBe(factors ?? '')
  expect(items.includes('recovery-codes')).toBe(factors !== undefined)
  outcomes[factors ? 'enrolled' : 'not enrolled'] += 1
  const next = await login(person)
  if (factors !== undefined) {
    expect(next.body).toMatchObject({ next: 'second-factor', factors: [factors, 'recovery-code'] })
    if (factors !== 'totp') return
    // The code that confirmed the app is used. The next one signs in.
    const late = { loginToken: next.body.loginToken, code: app(new Date(), 1) }
    expect((await ask('POST /login/totp', late)).status).toBe(200)
    return
  }
  const { enrolmentToken } = next.body
  await prove(person, enrolmentToken)
  const now = await startTotp(enrolmentToken)
  const enrolled = await ask('enrol-totp', { enrolmentToken, code: now(new Date()) })
  expect(enrolled.status).toBe(200)
}

/** Checks that a proof is spent exactly if its enrolment is proved. A proof that is not spent is accepted again. */
async function checkProof(proof: Record<string, unknown>): Promise<void> {
  const [id = ''] = String(proof.enrolmentToken).split('.')
  const [login] = await getItems(service.table, [loginTokenKey(id)])
  const isSpent = (await ask('POST /enrolment/proof', proof)).status !== 204
  expect({ isSpent }).toEqual({ isSpent: login?.provedAt !== undefined })
}

const fates = (call: Call): Fate[] =>
  rowsOf<Fate>(
    isWrite(call) ? ['refuse', 'cut before', 'cut after'] : ['refuse'],
    (fate) => fate === 'cut after',
  )
