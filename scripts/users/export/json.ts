import type { Passkey } from '../../../lib/factors/passkeys/passkey.ts'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import type { User } from '../../../lib/users/user.ts'
import { asJsonLine } from '../../cli/terminal/table.ts'
import { allowedAttributes, hasFormerAttributes } from '../attributes.ts'
import { type Lose, loseSecret } from './losses.ts'
import type { UserRecord } from './records.ts'
import type { System } from './systems.ts'

/** Returns what an import reads of a user's profile. */
export const profileOf = (user: User) => ({
  id: user.id,
  username: user.username,
  // As import reads it: the login name in lower case, and this spelling for mails.
  email: user.emailAsWritten ?? user.email,
  emailVerified: user.emailVerified,
  locale: user.locale,
  role: user.role,
  disabled: user.disabled,
  passwordHash: user.passwordHash,
  passwordFrom: user.passwordFrom,
  mustEnrol: user.mustEnrol,
  createdAt: user.createdAt,
  externalId: user.externalId,
  attributes: allowedAttributes(user),
})

/** A user as an import of this service reads it. */
function userLine(record: UserRecord, lose: Lose): object {
  const { user, totp, totpSecret, identities, passkeys, recoveryCodes } = record
  loseSecret(record, lose)
  if (hasFormerAttributes(user)) lose(record, 'values of attributes that the configuration does not allow')
  const isWithoutFactor = totp !== undefined && totpSecret === undefined && passkeys.length === 0
  // Recovery codes stand for a factor, so they do not move without one.
  if (isWithoutFactor && recoveryCodes) lose(record, 'recovery codes')
  return {
    ...profileOf(user),
    // Who had a second factor must not sign in without one.
    mustEnrol: user.mustEnrol || isWithoutFactor || undefined,
    identities: identities.length > 0 ? identities : undefined,
    totp: totp &&
      totpSecret && { secret: base32Of(totpSecret), lastStep: totp.lastStep, createdAt: totp.createdAt },
    passkeys: passkeys.length > 0 ? passkeys.map(listed) : undefined,
    recoveryCodes: isWithoutFactor ? undefined : recoveryCodes,
  }
}

const listed = ({ transports, ...passkey }: Passkey) => ({ ...passkey, transports: transports?.split(' ') })

/** Users with everything, as `users import` reads them. */
export const json: System = {
  files(records, lose) {
    const lines = records.map((record) => asJsonLine(userLine(record, lose)))
    return [{ name: 'users.jsonl', parts: lines }]
  },
}
