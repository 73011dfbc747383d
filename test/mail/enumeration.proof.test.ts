import '../support/process/real-argon2.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAlike, measureInTurns } from '../security/timing/timing.ts'
import { recordLogs } from '../support/logs.ts'
import { type Functions, type Stores, startStores } from '../support/users/sessions.ts'

// Events are accepted, as Lambda does, and mails are sent after the response.
const MAIL = { functionNames: ['mailer'], invoke: async () => ({ isReturned: true, payload: 'null' }) }

let stores: Stores
let functions: Functions
let count = 0

beforeAll(async () => {
  recordLogs()
  stores = await startStores(MAIL)
  functions = await stores.functions({ MAILER: 'mailer', LIMIT_MAIL_SOURCE: '9999/3600' })
})
afterAll(() => stores.aws.stop())

type Kind = 'known' | 'unknown' | 'disabled' | 'unverified' | 'suppressed'

/** Prepares a request about an address of a kind. SES knows which addresses are suppressed, the service does not. */
async function prepare(route: 'register' | 'forgot', kind: Kind) {
  count += 1
  const email = `user-${100_000 + count}@example.org`
  const sourceIp = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`
  if (kind !== 'unknown') {
    const values = { email, emailVerified: kind !== 'unverified' }
    const username = await stores.add({ ...values, username: `name-${100_000 + count}` })
    if (kind === 'disabled') await stores.change(username, { disabled: true })
  }
  const body = route === 'register' ? { email } : { login: email }
  return async () => {
    const response = await functions.ask(route, { body, sourceIp })
    const { mailId, ...others } = JSON.parse(response.text)
    // The id is random, and for a registration it holds the address of the request.
    expect(mailId).toMatch(route === 'register' ? /^[\w-]{22}\.[\w-]+$/ : /^[\w-]{22}$/)
    return { ...response, text: JSON.stringify(others) }
  }
}

test.each(['register', 'forgot'] as const)('%s takes the same time and responds the same', async (route) => {
  const kinds: Kind[] = ['known', 'unknown', 'disabled', 'unverified', 'suppressed']
  const classes = kinds.map((kind) => [kind, () => prepare(route, kind)] as const)
  await expectAlike(() => measureInTurns(Object.fromEntries(classes)))
})
