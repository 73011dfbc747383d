import * as z from 'zod/mini'
import { Password, Username } from '../../../lib/http/schemas.ts'
import { phcFault } from '../../../lib/passwords/hash.ts'
import { brokenPasswordRule } from '../../../lib/passwords/rules.ts'
import { ROLES, type User } from '../../../lib/users/user.ts'

/** An account to add, with a password that must be hashed, or with a hash that is stored as it is. */
export type NewAccount = Pick<User, 'username' | 'role' | 'disabled'> & {
  createdAt?: string | undefined
} & ({ password: string } | { passwordHash: string })

const AccountFields = z.strictObject({
  username: Username,
  role: z.enum(ROLES, `Must be one of ${ROLES.join(', ')}.`),
  disabled: z._default(z.boolean('Must be true or false.'), false),
  createdAt: z.optional(z.iso.datetime('Must be a UTC time such as 2026-01-31T12:00:00.000Z.')),
  password: z.optional(Password),
  passwordHash: z.optional(z.string('Must be a string.')),
})

/**
 * Validates the values of a line.
 *
 * @returns The account, or the fault. The fault repeats no value, since a line may contain a password.
 */
export function readAccount(values: Record<string, unknown>): NewAccount | { fault: string } {
  const { data, error } = z.safeParse(AccountFields, values)
  if (data === undefined) return { fault: faultOf(error.issues) }
  const { password, passwordHash, ...account } = data
  if (password !== undefined && passwordHash === undefined) {
    const broken = brokenPasswordRule(password, account.username)
    return broken === undefined ? { ...account, password } : { fault: `password: ${broken}` }
  }
  if (password === undefined && passwordHash !== undefined) {
    const broken = phcFault(passwordHash)
    return broken === undefined ? { ...account, passwordHash } : { fault: `passwordHash: ${broken}.` }
  }
  return {
    fault:
      password === undefined ? 'Missing password or passwordHash.' : 'Has both password and passwordHash.',
  }
}

const faultOf = (issues: readonly z.core.$ZodIssue[]) =>
  issues
    .map(({ code, path, message }) =>
      code === 'unrecognized_keys' ? 'Unknown member.' : `${path.join('.')}: ${message}`,
    )
    .join(' ')
