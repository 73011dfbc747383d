import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { Counter, Subject } from '../../lib/throttling/counter.ts'
import { markKnownSource } from '../../lib/throttling/known-sources.ts'
import { furtherCounters, type Limits, pairCounter } from '../../lib/throttling/limits.ts'
import { findUserByName } from '../../lib/users/store.ts'
import { settleAll, stopTime } from '../support/at-once.ts'
import type { ApiResponse, Functions } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { type TestService, useService } from '../support/service.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { testAt } from '../support/users/users.ts'

// Each test file that imports this has its own stores. Its clock stands still.

/** A password that is not {@link PASSWORD}, of the same length. */
export const WRONG = PASSWORD.replace(/^./, 'A')

export const NOW = new Date('2027-01-15T12:00:00.000Z')

/** The limits of the functions, by default. */
const limits: Limits = {
  LIMIT_USER_AND_SOURCE: { attempts: 10, windowSeconds: 900 },
  LIMIT_SOURCE: { attempts: 50, windowSeconds: 900 },
  LIMIT_KNOWN_SOURCE: { attempts: 500, windowSeconds: 900 },
  LIMIT_USER: { attempts: 100, windowSeconds: 86_400 },
  LIMIT_USER_AND_KNOWN_SOURCE: { attempts: 100, windowSeconds: 86_400 },
}

export let stores: TestService
export let functions: Functions
const sent = { bursts: 0, requests: 0, accepted: 0, refused: 0 }

beforeAll(async () => {
  recordLogs()
  stores = await useService()
  functions = await stores.load()
  // The first request makes a hash that no other one makes: it tries argon2.
  await login({ username: 'unknown', sourceIp: newSource() })
  stopTime(NOW)
})
afterAll(() => {
  vi.useRealTimers()
  const { bursts, requests, accepted, refused } = sent
  console.log(
    `${bursts} bursts, ${requests} requests; of the correct passwords ${accepted} were accepted, ${refused} refused`,
  )
})

/** A guess from a source. */
export interface Guess {
  sourceIp: string
  isCorrect?: boolean
}

export const login = ({ username, sourceIp, isCorrect }: Guess & { username: string }) =>
  functions.ask('login', { body: { username, password: isCorrect ? PASSWORD : WRONG }, sourceIp })

let sources = 0

/** Returns an address that no other request has come from. */
export function newSource(): string {
  sources += 1
  return `10.0.${sources >> 8}.${sources & 255}`
}

export async function markKnown(loginName: string, sourceIp: string): Promise<void> {
  const user = await findUserByName(stores.table, loginName)
  const owner = { loginName, userId: String(user?.id) }
  const at = { ...testAt(stores.table, NOW), origin: { sourceIp, userAgent: '' } }
  await markKnownSource({ ...at, config: { SESSION_TTL_SECONDS: 2_592_000 } }, owner, undefined)
}

/** Fills the counter of a source that names know with attempts, as earlier guesses do. */
export async function fillKnownSource(sourceIp: string, count: number): Promise<void> {
  const [ofSource] = furtherCounters({ loginName: '' }, { source: sourceIp, isKnown: true }, limits, NOW)
  await stores.table.aws('dynamodb', 'UpdateItem', {
    TableName: stores.table.name,
    Key: ofSource?.key,
    UpdateExpression: 'ADD ids :ids',
    ExpressionAttributeValues: { ':ids': { SS: Array.from({ length: count }, (_, index) => `${index}`) } },
  })
}

/** Returns `count` guesses, of which those at some places are correct. */
export const among = <G extends object>(count: number, places: readonly number[], of: (index: number) => G) =>
  Array.from({ length: count }, (_, index) => ({ ...of(index), isCorrect: places.includes(index) }))

/** Sends guesses at once. Returns the number of responses by status; all refusals must be the same bytes. */
export async function atOnce<G extends Guess>(
  guesses: readonly G[],
  send: (guess: G) => Promise<ApiResponse>,
): Promise<Record<number, number>> {
  const responses = await settleAll(guesses.map(send))
  const counts: Record<number, number> = {}
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1
  const refusals = responses.filter(({ status }) => status === 429).map((each) => JSON.stringify(each))
  expect(new Set(refusals).size).toBeLessThanOrEqual(1)

  const correct = responses.filter((_, index) => guesses[index]?.isCorrect)
  sent.bursts += 1
  sent.requests += guesses.length
  sent.accepted += correct.filter(({ status }) => status < 300).length
  sent.refused += correct.filter(({ status }) => status === 429).length
  return counts
}

async function attemptsIn({ key }: Counter): Promise<number> {
  const input = { TableName: stores.table.name, Key: key, ConsistentRead: true }
  const { Item } = await stores.table.aws('dynamodb', 'GetItem', input)
  return (Object(Object(Item).ids).SS ?? []).length
}

/** Returns the number of attempts in the counter of a subject and a source. */
export const pairAttempts = (subject: Subject, sourceIp: string) =>
  attemptsIn(pairCounter(subject, sourceIp, limits, new Date()))

/** Returns the number of attempts in the counters of a source and of a subject. */
export async function furtherAttempts(subject: Subject, sourceIp: string, isKnown = false) {
  const counters = furtherCounters(subject, { source: sourceIp, isKnown }, limits, new Date())
  const [ofSource = 0, ofSubject = 0] = await Promise.all(counters.map(attemptsIn))
  return { ofSource, ofSubject }
}
