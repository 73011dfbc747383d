import type { Limit } from '../values.ts'
import { type Counter, counter, partitionOf, sourceCounters } from './counter.ts'

/** Wrong codes of a user's authenticator app. With one step of drift, one of 333,333 guesses is correct. */
const TOTP_CODES: Limit = { attempts: 20, windowSeconds: 86_400 }

/** Returns the counter of a user's codes, over all sources. Strangers cannot fill it: a code needs the password first. */
export const totpCounter = (userId: string, now: Date): Counter =>
  counter(partitionOf({ userId }), 'attempts#totp', TOTP_CODES, now)

const SETUP_TRIES = 10

/**
 * Returns the counter of tried codes for an authenticator app that a user is setting up. It lasts as long as
 * the setup. A new setup has a new counter.
 *
 * @param setupEndsAt - Second since the epoch.
 */
export const setupTriesCounter = (userId: string, setupEndsAt: number): Counter => ({
  key: { pk: { S: partitionOf({ userId }) }, sk: { S: `totp-tries#${setupEndsAt}` } },
  maxAttempts: SETUP_TRIES,
  endsAt: setupEndsAt,
})

/** Challenges of passkeys, by source. Pages with autofill ask for one at each view. */
const CHALLENGES: Limit = { attempts: 300, windowSeconds: 900 }

/** Challenges of one user from one source, after the password: a tenth of the source's limit. */
const CHALLENGES_OF_USER: Limit = { attempts: 30, windowSeconds: 900 }

/**
 * Returns the counters of the challenges that a source requests; see {@link sourceCounters}.
 *
 * @param proved - Partition of the user who has proved the password, or of the mail of a registration.
 */
export const challengeCounters = (source: string, proved: string | undefined, now: Date): Counter[] =>
  sourceCounters('challenges', { source, proved }, { ofSource: CHALLENGES, ofUser: CHALLENGES_OF_USER }, now)
