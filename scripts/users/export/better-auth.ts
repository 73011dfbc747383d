import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { jsonLines } from '../../cli/files/directory.ts'
import { allowedAttributes, hasFormerAttributes } from '../attributes.ts'
import { type Lose, loseSecret, takeHash } from './losses.ts'
import type { UserRecord } from './records.ts'
import { isOff, providerNameOf, type System } from './systems.ts'

/** The kinds that `emailAndPassword.password.verify` of examples/moving verifies. */
const KINDS = ['argon2id', 'argon2i', 'bcrypt']

/** Rows of the tables of better-auth, by table (https://better-auth.com/docs/concepts/database#core-schema). */
interface Rows {
  user: object[]
  account: object[]
  passkey: object[]
  twoFactor: object[]
}

/**
 * Rows for better-auth's adapter, in files of JSON lines. `role` and `banned` are of its plugin admin, `username` of username, `passkey`
 * of passkey and `twoFactor` of two-factor. Its secret encrypts two columns, so examples/moving encrypts them where it stores the rows.
 */
export const betterAuth: System = {
  files(records, lose) {
    const rows: Rows = { user: [], account: [], passkey: [], twoFactor: [] }
    for (const record of records) addRows(rows, record, lose)
    return Object.entries(rows).map(([table, values]) => ({
      name: `${table}.jsonl`,
      parts: jsonLines(values),
    }))
  },
}

function addRows(rows: Rows, record: UserRecord, lose: Lose): void {
  const { user, totpSecret } = record
  if (user.email === undefined) {
    lose(record, 'users, because they have no address')
    return
  }
  loseRest(record, lose)
  rows.user.push(userRow(record, user.email))
  rows.account.push(...accountRows(record, lose))
  rows.passkey.push(...passkeyRows(record, lose))
  if (totpSecret === undefined) return
  // `base32:` marks a secret that better-auth did not make (its `plugins/two-factor/totp`). There are no backup codes yet.
  const secret = `base32:${base32Of(totpSecret)}`
  rows.twoFactor.push({ id: user.id, userId: user.id, secret, backupCodes: '[]', verified: true })
}

/** Notes what better-auth has no place for. */
function loseRest(record: UserRecord, lose: Lose): void {
  const { user, recoveryCodes, totpSecret } = record
  loseSecret(record, lose)
  if (recoveryCodes) lose(record, 'recovery codes')
  if (user.mustEnrol) lose(record, 'the duty to add a second factor')
  // There the password alone signs in, unless the user has an app: a passkey is no second factor.
  if (user.factors && !totpSecret) lose(record, 'the demand for a second factor after the password')
  if (user.externalId !== undefined) lose(record, 'ids of an earlier program')
  if (user.emailAsWritten !== undefined) lose(record, 'capital letters of addresses')
  if (hasFormerAttributes(user)) lose(record, 'values of attributes that the configuration does not allow')
}

const userRow = ({ user, totpSecret }: UserRecord, email: string) => ({
  // Attributes first: none of them can take the place of a column.
  ...allowedAttributes(user),
  id: user.id,
  name: user.username,
  email,
  emailVerified: user.emailVerified,
  createdAt: user.createdAt,
  updatedAt: user.changedAt,
  role: user.role,
  banned: isOff(user),
  twoFactorEnabled: totpSecret !== undefined,
  ...(user.username !== email && { username: user.username, displayUsername: user.username }),
})

function accountRows(record: UserRecord, lose: Lose): object[] {
  const { user, identities } = record
  const { id: userId } = user
  const password = takeHash(record, KINDS, lose)
  const ofPassword = { id: userId, accountId: userId, providerId: 'credential', userId, password }
  return [
    ...(password === undefined
      ? []
      : [{ ...ofPassword, createdAt: user.createdAt, updatedAt: user.changedAt }]),
    ...identities.map((identity, index) => ({
      id: `${userId}-${index + 1}`,
      accountId: identity.subject,
      providerId: providerNameOf(identity),
      userId,
      createdAt: identity.createdAt,
      updatedAt: identity.lastUsedAt ?? identity.createdAt,
    })),
  ]
}

function passkeyRows(record: UserRecord, lose: Lose): object[] {
  const { user, passkeys } = record
  // better-auth takes every passkey in place of a password, without user verification. Here such a one is only a second factor.
  if (passkeys.some(({ uvInitialized }) => !uvInitialized)) {
    lose(record, 'passkeys that only count after a password')
  }
  return passkeys
    .filter(({ uvInitialized }) => uvInitialized)
    .map((passkey, index) => ({
      id: `${user.id}-${index + 1}`,
      name: passkey.name,
      publicKey: Buffer.from(passkey.publicKey, 'base64url').toString('base64'),
      userId: user.id,
      credentialID: passkey.credentialId,
      counter: passkey.counter,
      deviceType: passkey.deviceType,
      backedUp: passkey.backedUp,
      transports: passkey.transports?.replaceAll(' ', ','),
      createdAt: passkey.createdAt,
    }))
}
