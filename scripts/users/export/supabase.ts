import { hash } from 'node:crypto'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import type { ExportFile } from '../../cli/files/directory.ts'
import { allowedAttributes, hasFormerAttributes } from '../attributes.ts'
import { type Lose, loseSecret, takeHash } from './losses.ts'
import type { UserRecord } from './records.ts'
import { isOff, providerNameOf, type System } from './systems.ts'

/** The kinds that Supabase's `internal/crypto/password.go` verifies. */
const KINDS = ['argon2id', 'argon2i', 'bcrypt', 'Firebase scrypt']

/** A row by column. `null` becomes NULL, and an empty text stays one: Supabase cannot read NULL in its columns of tokens. */
type Row = Record<string, string | null>

const NO_INSTANCE = '00000000-0000-0000-0000-000000000000'

/** A disabled user is banned until then. */
const FOREVER = '9000-01-01T00:00:00Z'

/** CSV files of the tables of Supabase Auth, and a script for psql that reads all of them, or none. */
export const supabase: System = {
  files(records, lose) {
    const tables: Record<string, Row[]> = { users: [], identities: [], mfa_factors: [] }
    for (const record of records) addRows(tables, record, lose)
    const filled = Object.entries(tables).filter(([, rows]) => rows.length > 0)
    return [...filled.map(([table, rows]) => csvOf(table, rows)), loadOf(filled)]
  },
}

function csvOf(table: string, rows: readonly Row[]): ExportFile {
  const cell = (value: string | null) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)
  const head = `${Object.keys(rows[0] ?? {}).join(',')}\n`
  return {
    name: `${table}.csv`,
    parts: [head, ...rows.map((row) => `${Object.values(row).map(cell).join(',')}\n`)],
  }
}

const loadOf = (tables: [string, Row[]][]): ExportFile => ({
  name: 'load.sql',
  parts: [
    '\\set ON_ERROR_STOP on\nbegin;\n',
    ...tables.map(
      ([table, [first = {}]]) =>
        `\\copy auth.${table} (${Object.keys(first).join(', ')}) from '${table}.csv' csv header\n`,
    ),
    'commit;\n',
  ],
})

function addRows(tables: Record<string, Row[]>, record: UserRecord, lose: Lose): void {
  const { user } = record
  if (user.email === undefined) {
    lose(record, 'users, because they have no address')
    return
  }
  loseRest(record, lose)
  const password = takeHash(record, KINDS, lose)
  const hasMail = password !== undefined || record.identities.length === 0
  const identities = [...(hasMail ? [mailIdentity(record, user.email)] : []), ...otherIdentities(record)]
  const providers = identities.map(({ provider }) => String(provider))
  tables.users?.push(userRow(record, user.email, password, providers))
  tables.identities?.push(...identities)
  tables.mfa_factors?.push(...factorRows(record))
}

/** Notes what Supabase has no place for. */
function loseRest(record: UserRecord, lose: Lose): void {
  const { user, recoveryCodes, passkeys } = record
  loseSecret(record, lose)
  if (recoveryCodes) lose(record, 'recovery codes')
  // It compares the user handle of a passkey with the text of the user's id there (`WebAuthnID`). Here it is 16 bytes.
  if (passkeys.length > 0) lose(record, 'passkeys')
  if (user.username !== user.email) lose(record, 'usernames as login names')
  if (user.mustEnrol) lose(record, 'the duty to add a second factor')
  if (user.emailAsWritten !== undefined) lose(record, 'capital letters of addresses')
  if (hasFormerAttributes(user)) lose(record, 'values of attributes that the configuration does not allow')
}

function userRow(
  { user }: UserRecord,
  email: string,
  password: string | undefined,
  providers: readonly string[],
): Row {
  const { id, role, externalId, username } = user
  const appMetadata = { ...allowedAttributes(user), id, role, externalId, provider: providers[0], providers }
  return {
    instance_id: NO_INSTANCE,
    id: uuidOf(user.id),
    aud: 'authenticated',
    role: 'authenticated',
    email,
    encrypted_password: password ?? null,
    email_confirmed_at: user.emailVerified ? user.createdAt : null,
    confirmation_token: '',
    recovery_token: '',
    email_change_token_new: '',
    email_change: '',
    // Only an administrator changes these. The user changes the others.
    raw_app_meta_data: JSON.stringify(appMetadata),
    raw_user_meta_data: JSON.stringify({ username }),
    created_at: user.createdAt,
    updated_at: user.changedAt,
    banned_until: isOff(user) ? FOREVER : null,
  }
}

/** The identity of a user who signs in with address and password. Supabase's user without one cannot. */
const mailIdentity = ({ user }: UserRecord, email: string): Row =>
  identityRow(user.id, {
    provider: 'email',
    provider_id: uuidOf(user.id),
    identity_data: JSON.stringify({ sub: uuidOf(user.id), email, email_verified: user.emailVerified }),
    last_sign_in_at: null,
    created_at: user.createdAt,
  })

/** Identities at providers. Their labels stay here: Supabase would take one for an address that the provider has verified. */
const otherIdentities = ({ user, identities }: UserRecord): Row[] =>
  identities.map((identity) =>
    identityRow(user.id, {
      provider: providerNameOf(identity, 'custom:'),
      provider_id: identity.subject,
      identity_data: JSON.stringify({ sub: identity.subject, iss: identity.issuer }),
      last_sign_in_at: identity.lastUsedAt ?? null,
      created_at: identity.createdAt,
    }),
  )

const identityRow = (userId: string, row: Row): Row => ({
  user_id: uuidOf(userId),
  ...row,
  updated_at: row.created_at ?? null,
})

const factorRows = ({ user, totp, totpSecret }: UserRecord): Row[] =>
  totp === undefined || totpSecret === undefined
    ? []
    : [
        {
          id: uuidOf(hash('sha256', `totp of ${user.id}`, 'base64url')),
          user_id: uuidOf(user.id),
          friendly_name: 'Authenticator app',
          factor_type: 'totp',
          status: 'verified',
          created_at: totp.createdAt,
          updated_at: totp.createdAt,
          secret: base32Of(totpSecret),
        },
      ]

/** Returns 16 bytes in base64url as a UUID. */
const uuidOf = (base64url: string): string =>
  Buffer.from(base64url, 'base64url')
    .toString('hex', 0, 16)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
