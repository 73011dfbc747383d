import * as z from 'zod/mini'
import { attributesOf, type Table, type TransactWrite } from '../../../../lib/aws/dynamodb.ts'
import { recoveryCodesKey, totpKey } from '../../../../lib/factors/keys.ts'
import {
  MAX_CREDENTIAL_ID_BYTES,
  MAX_PASSKEYS,
  type Passkey,
} from '../../../../lib/factors/passkeys/passkey.ts'
import { addPasskey, isCredentialTaken } from '../../../../lib/factors/passkeys/store.ts'
import { encryptSecret } from '../../../../lib/factors/totp/secret.ts'
import { base32Of, NO_STEP, TOTP_SECRET_BYTES } from '../../../../lib/factors/totp/totp.ts'
import { FACTORS } from '../../../../lib/users/factors.ts'
import type { User } from '../../../../lib/users/user.ts'
import { readCoseKey } from '../../../../lib/webauthn/cose-key.ts'
import { keyAlias } from '../../../../project/names.ts'

const Time = z.iso.datetime('Must be a UTC time such as 2026-01-31T12:00:00.000Z.')

const textOf = (rule: string, isValid: (text: string) => boolean) =>
  z.string('Must be a string.').check(z.refine(isValid, rule))

const wholeFrom = (least: number) =>
  z.int('Must be a whole number.').check(z.gte(least, `Must be at least ${least}.`))

const ImportedTotp = z.strictObject({
  secret: textOf(
    `Must be ${TOTP_SECRET_BYTES} bytes in base32.`,
    (text) => base32Of(bytesIn(text)) === text && bytesIn(text).length === TOTP_SECRET_BYTES,
  ),
  /** A code that was used at the earlier place must not be used here. */
  lastStep: z._default(wholeFrom(NO_STEP), NO_STEP),
  createdAt: Time,
})

const ImportedPasskey = z.strictObject({
  credentialId: textOf(
    'Must be a credential id in base64url.',
    (text) => isBase64Url(text) && Buffer.from(text, 'base64url').length <= MAX_CREDENTIAL_ID_BYTES,
  ),
  publicKey: textOf('Must be a COSE key in base64url.', isCoseKey),
  counter: wholeFrom(0),
  transports: z.optional(
    z.array(textOf('Must be a transport.', (text) => /^[a-z0-9-]{1,32}$/.test(text))).check(z.maxLength(10)),
  ),
  deviceType: z.enum(['singleDevice', 'multiDevice'], 'Must be singleDevice or multiDevice.'),
  backedUp: z.boolean('Must be true or false.'),
  uvInitialized: z.boolean('Must be true or false.'),
  name: textOf('Must be 1 to 64 characters without control characters.', (text) =>
    /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(text),
  ),
  createdAt: Time,
  lastUsedAt: z.optional(Time),
})

/** Members of a line with second factors, as `users export --for json` writes them. CSV has none. */
export const FactorFields = {
  totp: z.optional(ImportedTotp),
  passkeys: z.optional(
    z
      .array(ImportedPasskey, 'Must be a list of passkeys.')
      .check(
        z.minLength(1, 'Must not be empty.'),
        z.maxLength(MAX_PASSKEYS, `Must be at most ${MAX_PASSKEYS}.`),
      ),
  ),
  recoveryCodes: z.optional(
    z.strictObject({
      hashes: z
        .array(textOf('Must be a hash.', (text) => /^[A-Za-z0-9_-]{43}$/.test(text)))
        .check(z.minLength(1, 'Must not be empty.'), z.maxLength(10, 'Must be at most 10.')),
      createdAt: Time,
    }),
  ),
}

/** Second factors that a user brings. */
export interface ImportedFactors {
  totp?: z.infer<typeof ImportedTotp> | undefined
  passkeys?: z.infer<typeof ImportedPasskey>[] | undefined
  recoveryCodes?: { hashes: string[]; createdAt: string } | undefined
}

/** Returns what is wrong with the factors of a line. A passkey and a recovery code contain the id of their user. */
export function factorFault(factors: ImportedFactors, id: string | undefined): string | undefined {
  const { totp, passkeys = [], recoveryCodes } = factors
  if (id === undefined && (passkeys.length > 0 || recoveryCodes)) {
    return 'passkeys, recoveryCodes: These need the id of their user.'
  }
  if (new Set(passkeys.map(({ credentialId }) => credentialId)).size < passkeys.length) {
    return 'passkeys: Repeats a passkey.'
  }
  // Recovery codes stand for a factor.
  if (recoveryCodes && !totp && passkeys.length === 0) return 'recoveryCodes: There is no second factor.'
  return undefined
}

/** Returns the fault of a line with a passkey that a user has already. */
export async function takenPasskey(
  table: Table,
  { passkeys = [] }: ImportedFactors,
): Promise<{ fault: string } | undefined> {
  const taken = await Promise.all(passkeys.map(({ credentialId }) => isCredentialTaken(table, credentialId)))
  return taken.includes(true) ? { fault: 'passkeys: Another user has one of them.' } : undefined
}

/** Returns a new user with the names of its factors. */
export function withFactors(user: User, { totp, passkeys }: ImportedFactors): User {
  const has = { totp: totp !== undefined, passkey: passkeys !== undefined }
  const names = FACTORS.filter((factor) => has[factor])
  return names.length === 0 ? user : { ...user, factors: names.join(' ') }
}

/**
 * Returns the writes of a new user's factors. The operator's credentials encrypt the secret of an app with the key of this stage.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function factorWrites(
  table: Table,
  userId: string,
  { totp, passkeys = [], recoveryCodes }: ImportedFactors,
): Promise<TransactWrite[]> {
  const put = (key: object, values: object): TransactWrite => ({
    Put: { Item: { ...key, ...attributesOf(values) } },
  })
  const writes = passkeys.flatMap((passkey) => addPasskey(userId, stored(passkey)))
  if (recoveryCodes) {
    const { hashes: codes, createdAt } = recoveryCodes
    writes.push(put(recoveryCodesKey(userId), { codes, createdAt }))
  }
  if (totp) {
    const { secret, ...rest } = totp
    const key = keyAlias(table.name, 'factors')
    const ciphertext = await encryptSecret(table.aws, key, userId, bytesIn(secret))
    writes.push(put(totpKey(userId), { ciphertext, ...rest }))
  }
  return writes
}

const stored = ({ transports, ...passkey }: z.infer<typeof ImportedPasskey>): Passkey => ({
  ...passkey,
  ...(transports && { transports: transports.join(' ') }),
})

const isBase64Url = (text: string) =>
  text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text

function isCoseKey(text: string): boolean {
  try {
    return isBase64Url(text) && readCoseKey(Buffer.from(text, 'base64url')) !== undefined
  } catch {
    return false
  }
}

/** Returns the bytes of a text in base32. Another text gives bytes of another text. */
function bytesIn(base32: string): Buffer {
  const bits = [...base32].map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit) & 31)
  const text = bits.map((value) => value.toString(2).padStart(5, '0')).join('')
  return Buffer.from((text.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}
