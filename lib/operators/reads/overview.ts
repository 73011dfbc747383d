import type { Table } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import { findIdentities, type Identity } from '../../federation/identity.ts'
import { findFactorReset } from '../../mail/factor-reset.ts'
import { isoOf } from '../../time.ts'
import type { Administered } from '../accounts.ts'
import { lastSignIn, wrongPasswords } from './activity.ts'

/** Pages of 50 events. A function has five seconds, and a user may have more events than it can read. */
const PAGES = 20

/** What operators see of an identity: without the subject, which is the name of a person at the provider. */
export type ShownIdentity = Omit<Identity, 'issuer' | 'subject'>

/** What decides whether a user can sign in, in addition to the account. Times are ISO 8601. */
interface SignIn {
  /** The last complete sign-in among the latest 1,000 events that are still kept. */
  last?: { at: string } | undefined
  /** Wrong passwords that the limits count now. */
  wrongPasswords: number
  /** A requested reset of second factors. Before its mail, it has no time. */
  factorReset?: { announcedAt?: string | undefined } | undefined
}

/**
 * Finds the identities of a user, as operators see them, the earliest first.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export const shownIdentities = async (table: Table, userId: string): Promise<ShownIdentity[]> =>
  (await findIdentities(table, userId))
    .map(({ issuer, subject, ...shown }) => shown)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))

/**
 * Finds what decides whether a user can sign in.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function signInOf(table: Table, user: Administered, now: Date): Promise<SignIn> {
  const [last, failures, reset] = await together([
    lastSignIn(table, user.id, PAGES),
    wrongPasswords(table, user, now),
    findFactorReset(table, user.id),
  ])
  return {
    last: last && { at: last.at },
    wrongPasswords: failures,
    factorReset: reset && {
      announcedAt: reset.announcedAt === undefined ? undefined : isoOf(reset.announcedAt),
    },
  }
}
