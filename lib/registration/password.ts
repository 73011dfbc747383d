import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { rejectBreached } from '../passwords/breached.ts'
import { hashPassword, SALT_BYTES } from '../passwords/hash.ts'
import { validateNewPassword } from '../passwords/rules.ts'

/**
 * Returns the hash of the password of a new account, after the rules of new passwords.
 *
 * @param names - Of the account, which the password must not contain.
 * @throws {@link ServiceError} `invalid_fields`.
 */
export async function hashNewPassword(
  password: string,
  names: Parameters<typeof validateNewPassword>[1],
  config: Config<'BREACHED_PASSWORDS'>,
): Promise<string> {
  validateNewPassword(password, names, '#/password')
  await rejectBreached(password, '#/password', config)
  return hashPassword(password, randomBytes(SALT_BYTES))
}
