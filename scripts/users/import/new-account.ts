import * as z from 'zod/mini'
import { ATTRIBUTES, mayBe, ruleOf, type StoredAttributes } from '../../../lib/application/attributes.ts'
import { ROLES } from '../../../lib/application/roles.ts'
import type { Scalar } from '../../../lib/aws/dynamodb.ts'
import { NewLoginName, Password } from '../../../lib/http/schemas/fields.ts'
import { likelyKind } from '../../../lib/passwords/foreign/hash-kinds.ts'
import { hasPassword } from '../../../lib/passwords/hash.ts'
import { brokenPasswordRule } from '../../../lib/passwords/rules.ts'
import { isEmail, isNewLoginName, NEW_LOGIN_NAME_RULE } from '../../../lib/users/login-name.ts'
import { namesOf } from '../../../lib/users/names.ts'
import { isUserId, type User } from '../../../lib/users/user.ts'
import { readTag } from '../../../project/language-tag.ts'
import { repeatedMember } from '../../../project/repeated-member.ts'
import { parsed } from '../../cli/files/json.ts'
import { FactorFields, factorFault, type ImportedFactors } from './belongings/factors.ts'
import { Identities, type ImportedIdentity } from './belongings/identities.ts'
import { hashFault } from './hashes/hash-fault.ts'

/** Values of an account to add, as `newUser` takes them. */
export type AccountValues = Pick<User, 'username' | 'email' | 'emailVerified' | 'role' | 'disabled'> &
  Partial<
    Pick<
      User,
      | 'id'
      | 'createdAt'
      | 'emailAsWritten'
      | 'locale'
      | 'externalId'
      | 'attributes'
      | 'passwordFrom'
      | 'mustEnrol'
    >
  >

/** An account to add, with a password that must be hashed, or with a hash that is stored as it is. */
export type NewAccount = {
  values: AccountValues
  identities?: readonly ImportedIdentity[]
  factors?: ImportedFactors
} & ({ password: string } | { passwordHash: string })

const Flag = z._default(z.boolean('Must be true or false.'), false)

/** A text of another program is shown on terminals, and is never compared. */
const isPrintable = (text: string) => /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u.test(text)

const Printable = z
  .string('Must be a string.')
  .check(z.refine(isPrintable, 'Must be 1 to 255 characters without control characters.'))

/** Attributes by name. JSON lines have an object, CSV has it as text. */
const Attributes = z.pipe(
  z.transform((given) => (typeof given === 'string' ? parsed(given) : given)),
  z.strictObject(
    Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([name, definition]) => [
        name,
        z.optional(z.custom<Scalar>((value) => mayBe(definition, value), ruleOf(definition))),
      ]),
    ),
    'Must be an object with attributes by name.',
  ),
)

/** A language. It may be one that the service does not have yet. */
const Locale = z.pipe(
  z
    .string('Must be a string.')
    .check(z.refine((text) => readTag(text) !== undefined, 'Must be a language such as de or pt-BR.')),
  z.transform(readTag),
)

const AccountFields = z.strictObject({
  id: z.optional(
    z
      .string('Must be a string.')
      .check(z.refine(isUserId, 'Must be 16 bytes in base64url, such as JNzD6W0lqWmZ0Fqr0sq1ew.')),
  ),
  username: NewLoginName,
  email: z.optional(
    z.string('Must be a string.').check(
      z.refine((text) => isEmail(text.toLowerCase()), 'Must be an e-mail address.'),
      z.refine((text) => !isEmail(text.toLowerCase()) || isNewLoginName(text), NEW_LOGIN_NAME_RULE),
    ),
  ),
  emailVerified: Flag,
  locale: z.optional(Locale),
  role: z.enum(ROLES, `Must be one of ${ROLES.join(', ')}.`),
  disabled: Flag,
  createdAt: z.optional(z.iso.datetime('Must be a UTC time such as 2026-01-31T12:00:00.000Z.')),
  externalId: z.optional(Printable),
  passwordFrom: z.optional(Printable),
  mustEnrol: Flag,
  attributes: z.optional(Attributes),
  identities: z.optional(Identities),
  ...FactorFields,
  password: z.optional(Password),
  passwordHash: z.optional(z.string('Must be a string.')),
})

/**
 * Validates the values of a line.
 *
 * @returns The account, or the fault. The fault repeats no value, since a line may contain a password.
 */
export function readAccount(record: Record<string, unknown>): NewAccount | { fault: string } {
  if (record.username === undefined) return { fault: 'Missing username.' }
  const repeated = repeatedAttribute(record.attributes)
  if (repeated !== undefined) return { fault: `attributes: ${repeated}` }
  const { data, error } = z.safeParse(AccountFields, record)
  if (data === undefined) return { fault: faultOf(error.issues) }
  const { identities, totp, passkeys, recoveryCodes, ...account } = data
  const factors = { totp, passkeys, recoveryCodes }
  const broken = factorFault(factors, data.id)
  if (broken !== undefined) return { fault: broken }
  const read = readProfile(account)
  return 'fault' in read ? read : { ...read, factors, ...(identities !== undefined && { identities }) }
}

type Profile = Omit<z.infer<typeof AccountFields>, keyof ImportedFactors | 'identities'>

/** Reads the profile of a line, with its password or hash. */
function readProfile(data: Profile): NewAccount | { fault: string } {
  const { password, passwordHash, id, createdAt, externalId, passwordFrom, locale, ...more } = data
  const { mustEnrol, attributes, ...fields } = more
  const names = namesOf(fields.username, fields.email, fields.emailVerified)
  if (fields.emailVerified !== names.emailVerified) return { fault: 'emailVerified: There is no address.' }
  if (passwordFrom !== undefined) {
    if (externalId === undefined) return { fault: 'passwordFrom: Needs externalId.' }
    if (passwordHash === undefined || hasPassword(passwordHash)) {
      return { fault: 'passwordFrom: The line has a password or hash.' }
    }
  }
  const values = {
    ...fields,
    ...names,
    ...(id !== undefined && { id }),
    ...(locale !== undefined && { locale }),
    ...(createdAt !== undefined && { createdAt }),
    ...(externalId !== undefined && { externalId }),
    ...(passwordFrom !== undefined && { passwordFrom }),
    ...(mustEnrol && { mustEnrol }),
    ...(attributes !== undefined && { attributes: attributes as StoredAttributes }),
  }
  if (password !== undefined && passwordHash === undefined) {
    const likely = likelyKind(password)
    if (likely !== undefined) return { fault: `password: ${likelyHash(likely, password)}` }
    const broken = brokenPasswordRule(password, values)?.detail
    return broken === undefined ? { values, password } : { fault: `password: ${broken}` }
  }
  if (password === undefined && passwordHash !== undefined) {
    const broken = hashFault(passwordHash)
    return broken === undefined ? { values, passwordHash } : { fault: `passwordHash: ${broken}` }
  }
  return {
    fault:
      password === undefined ? 'Missing password or passwordHash.' : 'Has both password and passwordHash.',
  }
}

/** Says what to do with a hash in the place of a password. */
function likelyHash(kind: string, password: string): string {
  if (hashFault(password) === undefined) {
    return `Is a hash of ${kind}. Read it as passwordHash, such as with --map passwordHash=password.`
  }
  return `Looks like a hash: ${kind}. Leave the column out, and add its users with --without-passwords.`
}

/** Says which attribute the text of a CSV column repeats. The parser would take the last value. */
function repeatedAttribute(given: unknown): string | undefined {
  if (typeof given !== 'string' || parsed(given) === undefined) return undefined
  const name = repeatedMember(given)
  if (name === undefined) return undefined
  return Object.hasOwn(ATTRIBUTES, name) ? `Repeats ${name}.` : 'Repeats a member.'
}

const faultOf = (issues: readonly z.core.$ZodIssue[]) =>
  issues
    .map(({ code, path, message }) =>
      code === 'unrecognized_keys' ? 'Unknown member.' : `${path.join('.')}: ${message}`,
    )
    .join(' ')
