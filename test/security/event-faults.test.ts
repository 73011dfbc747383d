import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Item, text } from '../../lib/aws/dynamodb.ts'
import { operatorClient } from '../../lib/aws/operator.ts'
import { allItems } from '../../lib/aws/pages.ts'
import type { OperatorTable } from '../../scripts/cli/operator.ts'
import * as changes from '../../scripts/users/changes.ts'
import { resetFactors } from '../../scripts/users/factors/factors.ts'
import { addRow } from '../../scripts/users/import/import-users.ts'
import { invite } from '../../scripts/users/mail.ts'
import { remove } from '../../scripts/users/remove.ts'
import { type Fate, startWire } from '../support/aws/wire.ts'
import type { Asking, Functions } from '../support/http/functions.ts'
import { eventsOf } from '../support/interleave/events.ts'
import { recordLogs } from '../support/logs.ts'
import { readyHash } from '../support/process/operator.ts'
import { useService } from '../support/service.ts'
import { addTotp, bodyOf, enterPassword, signInWith } from '../support/users/factors.ts'
import { tokenIn } from '../support/users/mails.ts'
import { PASSWORD, partsOf, type Tokens } from '../support/users/sessions.ts'
import { asOperator, giveFactors } from '../support/users/users.ts'
import { commandIo } from './interleave/commands.ts'

// Routes and commands that change an account × the faults of the transaction with its event. A table of events that denies a write
// denies the whole transaction.

const service = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900', LIMIT_SOURCE: '9999/900' } })
const { functions, table } = service
const wire = await startWire(service.aws)
/** Their calls of AWS pass the wire. */
const wired = await service.load({}, { url: wire.url })
const to = new URL(wire.url)
const endpoints = { dynamodb: to, kms: to, lambda: to, ses: to }
const wiredTable = { aws: operatorClient({ ...service.aws.settings, endpoints }), name: table.name }

let clockMs = Date.parse('2026-11-26T10:00:00Z')
let ran = 0

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: clockMs })
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  recordLogs()
})
beforeEach(() => {
  wire.intercept(() => 'pass')
  // Codes of authenticator apps work once.
  clockMs += 120_000
  vi.setSystemTime(clockMs)
})
afterAll(() => {
  vi.restoreAllMocks()
  console.log(`Faults of the table of events: ${ran} cases ran`)
})

/** An operation that changes an account. It throws unless it succeeds. */
type Act = (functions: Functions, operator: OperatorTable) => Promise<unknown>

/** Adds a user who has signed in. */
async function newUser() {
  const user = await service.addUser()
  return { ...user, ...bodyOf<Tokens>(await enterPassword(functions, user.username)) }
}

const currentPassword = PASSWORD

/** Each prepares a user without faults. */
const ROUTES: Record<string, () => Promise<Act>> = {
  'POST /login': async () => {
    const { username } = await service.addUser()
    return asking('POST /login', { body: { username, password: PASSWORD } }, 200)
  },
  'PUT /password': async () => {
    const { authToken: token } = await newUser()
    return asking('PUT /password', { token, body: { currentPassword, newPassword: 'another long password' } })
  },
  'POST /logout': async () => {
    const { refreshToken } = await newUser()
    return asking('POST /logout', { body: { refreshToken } })
  },
  'POST /logout of all sessions': async () => {
    const { refreshToken } = await newUser()
    return asking('POST /logout', { body: { refreshToken, everywhere: true } })
  },
  'DELETE /sessions/{id}': async () => {
    const { username, refreshToken } = await newUser()
    const { authToken: token } = bodyOf<Tokens>(await enterPassword(functions, username))
    return asking('DELETE /sessions/{id}', { token, id: partsOf(refreshToken).sessionId })
  },
  'DELETE /factors/totp': async () => {
    const { username, authToken } = await newUser()
    const factors = { username, recoveryCodes: [], ...(await addTotp(functions, authToken)) }
    clockMs += 120_000
    vi.setSystemTime(clockMs)
    const { authToken: token } = await signInWith(functions, factors)
    return asking('DELETE /factors/totp', { token, body: { currentPassword } })
  },
  'POST /email/confirm': async () => {
    const { username, authToken: token } = await newUser()
    const email = `new.${username}@example.org`
    bodyOf(await functions.ask('PUT /email', { token, body: { email, currentPassword } }), 202)
    await service.settled()
    const [mail] = service.aws.mailbox.list().filter((one) => one.to === email)
    return asking('POST /email/confirm', { token, body: { token: mail && tokenIn(mail) } })
  },
  'DELETE /me': async () => {
    const { authToken: token } = await newUser()
    return asking('DELETE /me', { token, body: { currentPassword } })
  },
}

/** Prepares a command about a user with two passkeys and a session. */
const about =
  (command: (operator: OperatorTable, username: string) => Promise<unknown>) => async (): Promise<Act> => {
    const { username, ...user } = await newUser()
    await giveFactors(table, user)
    return (_, operator) => command(operator, username)
  }

const hashers = { hash: async () => readyHash(), stop: async () => {} }

async function importOne(operator: OperatorTable, username: string) {
  const values = { username, emailVerified: false, role: 'user', disabled: false } as const
  const add = addRow(operator, hashers, () => new Date())
  const added = await add({ values, passwordHash: readyHash() }, 1)
  if (typeof added !== 'string') throw new Error(added.fault)
}

const COMMANDS: Record<string, () => Promise<Act>> = {
  'set-role': about((operator, name) => changes.setRole(operator, name, 'admin')),
  disable: about((operator, name) => changes.disable(operator, name)),
  remove: about((operator, name) => remove(operator, name, true, commandIo())),
  'import of a row': about((operator, name) => importOne(operator, `imported-${name}`)),
  invite: about((operator, name) => invite(operator, `invited.${name}@example.org`, 'user')),
  'reset-factors': about((operator, name) => resetFactors(operator, name, {}, commandIo())),
  'reset-factors --without-notice': about((operator, name) =>
    resetFactors(operator, name, { withoutNotice: true }, commandIo()),
  ),
}

type Snapshot = Awaited<ReturnType<typeof snapshot>>

/** What an account consists of, without its sessions. */
const OF_ACCOUNT =
  /^(user|mail)#\S+ (profile|totp|passkey#.*|recovery-codes|factor-reset|enrolment-code|invitation)$/

/** Faults of every attempt of the transaction, and whether it takes effect. */
const FATES = [
  ['is denied', 'refuse', false],
  ['is throttled', 'throttle', false],
  ['is cut off before', 'cut before', false],
  ['is cut off after', 'cut after', true],
] as const satisfies readonly (readonly [string, Fate, boolean])[]

const CASES = Object.entries({ ...ROUTES, ...COMMANDS }).flatMap(([name, prepare]) =>
  FATES.map((fate) => [name, ...fate, prepare] as const),
)

test.each(CASES)(
  'the events of %s are its changes when its transaction %s',
  async (name, _, fate, hasEffect, prepare) => {
    ran += 1
    const act = await prepare()
    const before = await snapshot()
    let struck = 0
    wire.intercept(({ operation, body }) => {
      if (operation !== 'TransactWriteItems' || !body.includes(`"${eventsOf(table).name}"`)) return 'pass'
      struck += 1
      return fate
    })
    await expect(act(wired, asOperator(wiredTable))).rejects.toThrow(name in ROUTES ? /^503 / : /./)
    await wire.settle()
    expect(struck).toBeGreaterThan(0)

    const after = await snapshot()
    const changed = changesBetween(before, after)
    const events = eventsBetween(before, after)
    if (hasEffect && name === 'POST /login') {
      // Its session was abandoned. The event stays.
      expect(isNewTombstone(before, after)).toBe(true)
      expect([changed, events]).toEqual([[], [expect.stringMatching(/ begins$/)]])
      return
    }
    expect(events).toEqual(changed)
    expect(changed.length > 0).toBe(hasEffect)
    if (hasEffect) return

    await act(functions, asOperator(table))
    const repeated = await snapshot()
    expect(eventsBetween(after, repeated)).toEqual(changesBetween(after, repeated))
    expect(eventsBetween(after, repeated)).not.toEqual([])
  },
)

async function expectStatus(asked: ReturnType<Functions['ask']>, status: number) {
  const { status: found, text: said } = await asked
  if (found !== status) throw new Error(`${found} ${said}`)
}

const asking =
  (route: string, request: Asking, status = 204): Act =>
  ({ ask }) =>
    expectStatus(ask(route, request), status)

const keyOf = (item: Item) => `${text(item, 'pk')} ${text(item, 'sk')}`

async function snapshot() {
  await service.settled()
  const items = await allItems(table, 'Scan', { ConsistentRead: true })
  const events = await allItems(eventsOf(table), 'Scan', { ConsistentRead: true })
  return {
    items: new Map(items.map((item) => [keyOf(item), item])),
    events: new Map(events.map((item) => [keyOf(item), item])),
  }
}

/** Returns what changed: each account, and each session that began or ended. A new tombstone is of a session whose outcome was unknown. */
function changesBetween(before: Snapshot, after: Snapshot): string[] {
  const accounts = new Set<string>()
  const sessions: string[] = []
  for (const key of new Set([...before.items.keys(), ...after.items.keys()])) {
    const [was, is] = [before.items.get(key), after.items.get(key)]
    if (OF_ACCOUNT.test(key) && JSON.stringify(was) !== JSON.stringify(is))
      accounts.add(key.replace(/ .*/, ''))
    if (!key.includes(' session#') || is === undefined) continue
    if (was === undefined && !is.endedAt) sessions.push(`${key} begins`)
    if (was && !was.endedAt && is.endedAt) sessions.push(`${key} ends`)
  }
  return [...accounts, ...sessions].toSorted()
}

/** Returns what new events say. */
function eventsBetween(before: Snapshot, after: Snapshot): string[] {
  const events = [...after.events].filter(([key]) => !before.events.has(key) && !key.startsWith('name#'))
  const said = events.map(([, event]) => {
    const subject = text(event, 'pk')
    const [, what] = /^session\.(created|ended)$/.exec(text(event, 'type')) ?? []
    if (what === undefined) return subject
    return `${subject} session#${text(event, 'session')} ${what === 'created' ? 'begins' : 'ends'}`
  })
  return said.toSorted()
}

const isNewTombstone = ({ items }: Snapshot, after: Snapshot) =>
  [...after.items].some(([key, item]) => key.includes(' session#') && item.endedAt && !items.has(key))
