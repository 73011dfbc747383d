import { type Item, text, texts } from '../../../lib/aws/dynamodb.ts'
import { valuesOf } from '../../../lib/aws/item.ts'
import { pagesOf } from '../../../lib/aws/pages.ts'
import { recoveryCodesKey, totpKey } from '../../../lib/factors/keys.ts'
import { PASSKEY, type Passkey } from '../../../lib/factors/passkeys/passkey.ts'
import { passkeyKey } from '../../../lib/factors/passkeys/store.ts'
import { decryptSecret } from '../../../lib/factors/totp/secret.ts'
import { TOTP, type Totp } from '../../../lib/factors/totp/store.ts'
import { IDENTITY, type Identity, ownIdentityKey } from '../../../lib/federation/identity.ts'
import { storedUserOf } from '../../../lib/operators/accounts.ts'
import { eachOf, inParallel } from '../../../lib/sequences.ts'
import { profileKey } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { keyAlias } from '../../../project/names.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import type { Progress } from '../../cli/terminal/progress.ts'

/** A user with everything that may move. */
export interface UserRecord {
  user: User
  /** The earliest first, as all lists. */
  identities: Omit<Identity, 'id'>[]
  passkeys: Passkey[]
  recoveryCodes?: { hashes: string[]; createdAt: string }
  totp?: Totp
  /** The secret of `totp`, only with `--with-secrets`. */
  totpSecret?: Buffer
}

const ITEMS_PER_PAGE = 1_000

/** KMS allows 5,500 decryptions a second in the smallest region, for the whole account. */
const DECRYPTIONS_IN_FLIGHT = 16

const OF_PROFILE = profileKey('').sk.S
const OF_TOTP = totpKey('').sk.S
const OF_CODES = recoveryCodesKey('').sk.S
const OF_IDENTITY = ownIdentityKey('', '').sk.S
const OF_PASSKEY = passkeyKey('', '').sk.S

/**
 * Reads all users with what belongs to them, sorted by username. It reads the whole table once.
 *
 * @param ended - Stops it at the next page.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function readRecords(
  table: OperatorTable,
  ended: AbortSignal,
  progress: Progress,
): Promise<UserRecord[]> {
  const byUser = new Map<string, Item[]>()
  const pages = pagesOf(table, 'Scan', {
    FilterExpression:
      'sk IN (:profile, :totp, :codes) OR begins_with(sk, :identity) OR begins_with(sk, :passkey)',
    ExpressionAttributeValues: {
      ':profile': { S: OF_PROFILE },
      ':totp': { S: OF_TOTP },
      ':codes': { S: OF_CODES },
      ':identity': { S: OF_IDENTITY },
      ':passkey': { S: OF_PASSKEY },
    },
    Limit: ITEMS_PER_PAGE,
  })
  for await (const { items } of pages) {
    if (ended.aborted) break
    for (const item of items) {
      const partition = text(item, 'pk')
      byUser.set(partition, [...(byUser.get(partition) ?? []), item])
      if (text(item, 'sk') === OF_PROFILE) progress.advance(byUser.size)
    }
  }
  return [...byUser.values()].flatMap(recordOf).sort((a, b) => (a.user.username < b.user.username ? -1 : 1))
}

/** Joins the items of a user. What is left of a user who is being removed has no profile. */
function recordOf(items: readonly Item[]): UserRecord[] {
  const named = (key: string) => items.find((item) => text(item, 'sk') === key)
  const beginning = (key: string) => items.filter((item) => text(item, 'sk').startsWith(key))
  const profile = named(OF_PROFILE)
  if (profile === undefined) return []
  const [totp, codes] = [named(OF_TOTP), named(OF_CODES)]
  return [
    {
      user: storedUserOf(profile),
      identities: byTime(beginning(OF_IDENTITY).map((item) => valuesOf(IDENTITY, item))),
      passkeys: byTime(beginning(OF_PASSKEY).map((item) => valuesOf(PASSKEY, item))),
      ...(codes && {
        recoveryCodes: { hashes: texts(codes, 'codes'), createdAt: text(codes, 'createdAt') },
      }),
      ...(totp && { totp: valuesOf(TOTP, totp) }),
    },
  ]
}

const byTime = <T extends { createdAt: string }>(values: T[]): T[] =>
  values.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))

/**
 * Decrypts the secrets of the authenticator apps, with the operator's own credentials.
 *
 * @throws {@link ServiceError} `unavailable`, also if these credentials must not decrypt.
 */
export async function decryptSecrets(
  table: OperatorTable,
  records: readonly UserRecord[],
  ended: AbortSignal,
  progress: Progress,
): Promise<void> {
  const key = keyAlias(table.name, 'factors')
  let done = 0
  await inParallel(DECRYPTIONS_IN_FLIGHT, eachOf(records), async (record) => {
    if (ended.aborted || record.totp === undefined) return
    record.totpSecret = await decryptSecret(table.aws, key, record.user.id, record.totp.ciphertext)
    done += 1
    progress.advance(done)
  })
}
