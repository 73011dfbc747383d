import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { TransactWrite } from '../aws/dynamodb.ts'
import { secondOf } from '../time.ts'
import type { Provider } from './provider.ts'

// Nothing of a try is stored before its response comes: state, nonce and verifier are derived from a key in a cookie. So strangers
// cause no read and no write, and no item has the verifier.

/** What a user goes to a provider for: to sign in, or to add an identity to an account. */
export type Purpose = 'sign-in' | 'link'

const LETTERS: Record<Purpose, string> = { 'sign-in': 's', link: 'l' }
const PURPOSES = Object.keys(LETTERS) as Purpose[]

/** How long a user may take at the provider: some reset a password there. */
export const TRY_SECONDS = 1_800

/** Clocks of two instances differ by less. */
const CLOCK_TOLERANCE_SECONDS = 60

/** How long the browser keeps its key. */
export const KEY_SECONDS = 3_600

const KEY_BYTES = 32
/** Random bytes that {@link startTry} needs. */
export const TRY_RANDOM_BYTES = 16

const STATE = /^(([sl])([0-9a-f]{8})([0-9a-f]{8})[\w-]{22})[\w-]{43}$/

/** What a try is bound to, in addition to the browser that has the key. */
export interface TryOf {
  provider: Pick<Provider, 'id'>
  /** The user of the session cookie for a link; else an empty text. */
  userId: string
}

/** A try: what goes to the provider, and what stays. */
export interface Try {
  state: string
  nonce: string
  verifier: string
}

/** Returns a new key of a browser. */
export const newKey = (): string => randomBytes(KEY_BYTES).toString('base64url')

/** Whether a value has the form of a key. */
export const isKey = (value: string): boolean => /^[\w-]{43}$/.test(value)

/** Four bytes that show whether a provider has changed since the try began. */
const versionOf = ({ changeId }: Pick<Provider, 'changeId'>): string => hash('sha256', changeId).slice(0, 8)

/**
 * Derives a try. Each value has its own word in the MAC, so the state, which the provider and the history of the browser see, says
 * nothing of the others.
 */
function derive(key: string, body: string, { provider, userId }: TryOf): Try {
  const value = (what: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([what, provider.id, userId, body]))
      .digest('base64url')
  return { state: body + value('state'), nonce: value('nonce'), verifier: value('verifier') }
}

/**
 * Begins a try.
 *
 * @param key - See {@link newKey}.
 * @param random - {@link TRY_RANDOM_BYTES} fresh random bytes.
 */
export function startTry(
  key: string,
  of: { purpose: Purpose; provider: Pick<Provider, 'id' | 'changeId'>; userId: string },
  now: Date,
  random: Buffer,
): Try {
  const second = secondOf(now).toString(16).padStart(8, '0')
  return derive(key, LETTERS[of.purpose] + second + versionOf(of.provider) + random.toString('base64url'), of)
}

/** Returns the purpose of a state and whether it is too old, before anything is read or verified; `undefined` if it is no state. */
export function readState(state: string, now: Date): { purpose: Purpose; isExpired: boolean } | undefined {
  const [, , letter, digits = ''] = STATE.exec(state) ?? []
  const purpose = PURPOSES.find((one) => LETTERS[one] === letter)
  if (purpose === undefined) return undefined
  const age = secondOf(now) - Number.parseInt(digits, 16)
  return { purpose, isExpired: age > TRY_SECONDS || age < -CLOCK_TOLERANCE_SECONDS }
}

/**
 * Verifies that a state began in this browser, for this user, at this provider. It needs nothing of the store.
 *
 * @param key - In the cookie; an empty text without one.
 */
export function tryOfState(key: string, state: string, of: TryOf): Try | undefined {
  const [, body = ''] = STATE.exec(state) ?? []
  if (!isKey(key) || body === '') return undefined
  const own = derive(key, body, of)
  return timingSafeEqual(Buffer.from(own.state), Buffer.from(state)) ? own : undefined
}

/** Whether a provider is the one of a verified state, unchanged. */
export const isUnchanged = (state: string, provider: Pick<Provider, 'changeId'>): boolean =>
  STATE.exec(state)?.[4] === versionOf(provider)

/** Returns the write that spends a try: a response counts once, also if the provider takes its code twice. */
export const spendTry = ({ state }: Pick<Try, 'state'>, now: Date): TransactWrite => ({
  Put: {
    Item: {
      pk: { S: `try#${hash('sha256', state, 'base64url')}` },
      sk: { S: 'try' },
      expiresAt: { N: String(secondOf(now) + TRY_SECONDS + KEY_SECONDS) },
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})
