import type { Role } from '../../../../lib/application/roles.ts'
import { isGuid } from '../../../../lib/federation/provider.ts'
import { readTag } from '../../../../project/language-tag.ts'
import type { Io } from '../../../cli/io.ts'
import { Refusal } from '../../../cli/refusal.ts'
import { completeValues, type Layout } from '../layout.ts'
import { mapValues, readMapping } from '../mapping.ts'
import type { UserRecord } from '../records.ts'
import { type LeftOut, poolIdentities } from './identities.ts'
import { type Notes, startNotes } from './notes.ts'
import type { Pool } from './pool.ts'
import { type PoolUser, readPoolFile } from './pool-file.ts'

/** Columns that follow from one value of the pool. `--map` replaces them. */
const COLUMNS_OF_POOL = readMapping('externalId=sub,disabled=!Enabled,createdAt=UserCreateDate')

/** The users of a pool, and what is said about them at the end. */
interface PoolRecords {
  records: AsyncGenerator<UserRecord>
  /** Returns the lines at the end. */
  notes(): string
}

/**
 * Reads the users of a pool as records. A verified address goes to the user who has verified it. Among the others, and among these, users
 * with a password come before those of a provider.
 *
 * @throws {@link Refusal} `usage`, before the first record, if the file or an option is wrong.
 */
export async function readPoolRecords(
  file: string,
  layout: Layout,
  pool: Pool,
  io: Pick<Io, 'stdin'>,
): Promise<PoolRecords> {
  requireOptions(layout)
  const { users, isPart } = await readPoolFile(file, io)
  const notes = startNotes()
  const usernames = new Set(users.map(({ user }) => user.Username))
  for (const { name, usernames: members, isPart } of pool.groups) {
    if (isPart) notes.add(`Pages of group ${name} after which it has more users:`)
    const missing = [...members].filter((one) => !usernames.has(one)).length
    if (missing > 0) notes.add(`Users of group ${name} who are not in ${file}:`, missing)
  }
  if (isPart) notes.add(`Pages of ${file} after which the pool has more users:`)
  async function* records(): AsyncGenerator<UserRecord> {
    for (const { user, ...place } of users.toSorted((a, b) => rankOf(a.user) - rankOf(b.user))) {
      const values = valuesOf(user, layout, pool, notes)
      yield { ...place, ...('fault' in values ? values : { values: completeValues(layout, values.values) }) }
    }
  }
  return { records: records(), notes: notes.text }
}

function requireOptions({ role, withoutPasswords }: Layout): void {
  if (!withoutPasswords) {
    throw new Refusal('usage', 'A pool has no hashes. Use --passwords-from cognito or --without-passwords.')
  }
  if (role === undefined) throw new Refusal('usage', 'Use --role, for users without a group of --role-of.')
}

/** Whether a user signs in by a provider, and has no password in the pool. */
const isOfProvider = ({ UserStatus }: PoolUser) => UserStatus === 'EXTERNAL_PROVIDER'

/** Anyone can register an address of another user. If that user got the name, resets would mail its owner links into the account. */
const rankOf = (user: PoolUser) => (isVerified(attributesOf(user)) ? 0 : 2) + (isOfProvider(user) ? 1 : 0)

const attributesOf = ({ Attributes }: PoolUser): Record<string, string | undefined> =>
  Object.fromEntries(Attributes.map(({ Name, Value }) => [Name, Value]))

const isVerified = ({ email, email_verified }: Record<string, string | undefined>) =>
  email !== undefined && email_verified === 'true'

function valuesOf(
  user: PoolUser,
  layout: Layout,
  pool: Pool,
  notes: Notes,
): { values: Record<string, unknown> } | { fault: string } {
  const attributes = attributesOf(user)
  if (user.UserStatus === 'UNCONFIRMED') return { fault: 'Has not confirmed the registration in the pool.' }
  if (attributes.sub === undefined) return { fault: 'Has no sub. List users without --attributes-to-get.' }
  const mapping = new Map([...COLUMNS_OF_POOL, ...(layout.map ?? [])])
  const mapped = mapValues(mapping, { ...attributes, ...user })
  const names = namesOf(user, attributes, mapped.username)
  if ('fault' in names) return names
  if (names.leavesAddress) notes.add('Users without their address, which is not verified in the pool:')
  if (/^(?:FORCE_CHANGE_PASSWORD|RESET_REQUIRED)$/.test(user.UserStatus ?? ''))
    notes.add('Users who must choose a new password by mail, as in the pool:')
  const { identities, leftOut } = poolIdentities(user, attributes, pool.providers)
  for (const provider of leftOut) notes.add(leftOutNote(provider))
  const role = roleOf(user, pool)
  // Apps wrote it, and not all of them a tag.
  const locale = readTag(attributes.locale ?? '')
  if (attributes.locale && locale === undefined)
    notes.add('Users without their locale, which is no language:')
  return {
    values: {
      ...names.values,
      ...(role !== undefined && { role }),
      ...(locale !== undefined && { locale }),
      ...(hasFactor(user) && { mustEnrol: true }),
      ...(identities.length > 0 && { identities }),
      ...(layout.passwordsFrom !== undefined && !isOfProvider(user) && { passwordFrom: user.Username }),
      ...mapped,
    },
  }
}

const leftOutNote = ({ name, isSaml }: LeftOut) =>
  isSaml
    ? `Identities of ${name} that are left out, because SAML has no counterpart here:`
    : `Identities of ${name} that are left out, because no --provider-of names it:`

const roleOf = ({ Username }: PoolUser, { groups }: Pool): Role | undefined =>
  groups.find(({ usernames }) => usernames.has(Username))?.role

const hasFactor = ({ UserMFASettingList = [], MFAOptions = [] }: PoolUser) =>
  UserMFASettingList.length > 0 || MFAOptions.length > 0

/**
 * Returns the names by which a user signs in there. The address takes the place of a username that
 * Cognito or an app has generated. Beside a username, an address signs in only if it is verified, and two users may have one that is not.
 * So such an address is left out.
 */
function namesOf(user: PoolUser, attributes: Record<string, string | undefined>, mapped: unknown) {
  const { email } = attributes
  const isGenerated = isOfProvider(user) || isGuid(user.Username.toLowerCase())
  const username = isGenerated ? email : user.Username
  if (username === undefined && mapped === undefined) {
    return { fault: 'Has no address, and a generated username. Use --map username=ATTRIBUTE.' }
  }
  const address = isVerified(attributes) ? { email, emailVerified: true } : {}
  const leavesAddress = email !== undefined && !isVerified(attributes) && (mapped ?? username) !== email
  return { values: { username, ...address }, leavesAddress }
}
