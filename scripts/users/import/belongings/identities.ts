import * as z from 'zod/mini'
import type { Table } from '../../../../lib/aws/dynamodb.ts'
import {
  findIdentityUser,
  type Identity,
  identityIdOf,
  MAX_IDENTITIES,
} from '../../../../lib/federation/identity.ts'
import { isProviderId } from '../../../../lib/federation/provider.ts'
import { parsed } from '../../../cli/files/json.ts'

/** An identity at a provider that a user brings. Its id follows from issuer and subject. */
export type ImportedIdentity = Omit<Identity, 'id'>

const Time = z.iso.datetime('Must be a UTC time such as 2026-01-31T12:00:00.000Z.')

const textOf = (rule: string, isValid: (text: string) => boolean) =>
  z.string('Must be a string.').check(z.refine(isValid, rule))

const ImportedIdentity = z.strictObject({
  provider: textOf('Must be the id of a provider.', isProviderId),
  issuer: textOf('Must be an https address.', (text) => /^https:\/\/[!-~]{1,247}$/.test(text)),
  /** OpenID Connect Core section 2. */
  subject: textOf('Must be 1 to 255 characters of ASCII.', (text) => /^[ -~]{1,255}$/.test(text)),
  label: textOf('Must be 1 to 320 characters without control characters.', (text) =>
    /^[^\p{C}\p{Zl}\p{Zp}]{1,320}$/u.test(text),
  ),
  createdAt: Time,
  lastUsedAt: z.optional(Time),
})

const areDifferent = (identities: readonly ImportedIdentity[]) =>
  new Set(identities.map(identityIdOf)).size === identities.length

/** Identities of a user. JSON lines have a list, CSV has it as text. */
export const Identities = z.pipe(
  z.transform((given) => (typeof given === 'string' ? parsed(given) : given)),
  z
    .array(ImportedIdentity, 'Must be a list of identities.')
    .check(
      z.maxLength(MAX_IDENTITIES, `Must be at most ${MAX_IDENTITIES} identities.`),
      z.refine(areDifferent, 'Repeats an identity.'),
    ),
)

/** Returns the fault of a line with an identity that a user has already. */
export async function takenIdentity(
  table: Table,
  identities: readonly ImportedIdentity[],
): Promise<{ fault: string } | undefined> {
  const owners = await Promise.all(identities.map((one) => findIdentityUser(table, identityIdOf(one))))
  return owners.some((owner) => owner !== undefined)
    ? { fault: 'identities: Another user has one of them.' }
    : undefined
}
