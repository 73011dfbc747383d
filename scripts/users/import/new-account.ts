import * as z from 'zod/mini'
import { Password, Username } from '../../../lib/http/schemas.ts'
import { phcFault } from '../../../lib/passwords/hash.ts'
import { brokenPasswordRule } from '../../../lib/passwords/rules.ts'
import { ROLES, type User } from '../../../lib/users/user.ts'

/** Somebody to be a user: with a password still to be hashed, or with a hash that can be stored as it is. */
export type NewAccount = Pick<User, 'username' | 'role' | 'disabled'> & {
  createdAt?: string | undefined
} & ({ password: string } | { passwordHash: string })

const AccountFields = z.strictObject({
  username: Username,
  role: z.enum(ROLES, `Must be one of ${ROLES.join(', ')}.`),
  disabled: z._default(z.boolean('Must be true or false.'), false),
  createdAt: z.optional(z.iso.datetime('Must be a UTC time such as 2026-01-31T12:00:00.000Z.')),
  password: z.optional(Password),
  passwordHash: z.optional(z.string('A string is needed.')),
})

/**
 * Checks what a file says of a user.
 *
 * @returns The account, or what is wrong with it in words that hold nothing of what was given.
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
  return { fault: 'Either password or passwordHash is needed.' }
}

const faultOf = (issues: readonly z.core.$ZodIssue[]) =>
  issues
    .map(({ code, path, message }) =>
      code === 'unrecognized_keys' ? 'Unknown members.' : `${path.join('.')}: ${message}`,
    )
    .join(' ')
