import type { Table } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import { findIdentities } from '../../federation/identity.ts'
import { findFactorReset } from '../../mail/factor-reset.ts'
import { isoOf } from '../../time.ts'
import type { Administered } from '../accounts.ts'
import { lastSignIn, wrongPasswords } from './activity.ts'

/** What an operator sees of an identity at a provider. Times are ISO 8601. */
interface ShownIdentity {
  provider: string
  label: string
  createdAt: string
  lastUsedAt?: string | undefined
}

/** What decides whether a user can sign in, in addition to the account. Times are ISO 8601. */
interface SignIn {
  /** The last complete sign-in that is still kept. */
  last?: { at: string } | undefined
  /** Wrong passwords that the limits count now. */
  wrongPasswords: number
  /** A requested reset of second factors. Before its mail, it has no time. */
  factorReset?: { announcedAt?: string | undefined } | undefined
}

/**
 * Finds the identities of a user, the oldest first. It leaves out the subject, which names a person at the
 * provider.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function identitiesOf(table: Table, userId: string): Promise<ShownIdentity[]> {
  const identities = await findIdentities(table, userId)
  return identities
    .map(({ provider, label, createdAt, lastUsedAt }) => ({ provider, label, createdAt, lastUsedAt }))
    .sort((one, other) => one.createdAt.localeCompare(other.createdAt))
}

/**
 * Finds what decides whether a user can sign in.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function signInOf(table: Table, user: Administered, now: Date): Promise<SignIn> {
  const [last, failures, reset] = await together([
    lastSignIn(table, user.id),
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
