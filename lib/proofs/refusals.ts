import { ServiceError } from '../errors.ts'
import { hasPassword } from '../passwords/hash.ts'
import type { User } from '../users/user.ts'

/** The refusal of a user who has a password: the member `error` of its problem, and the detail. */
export const HAS_PASSWORD = {
  error: 'has_password',
  detail: 'This account has a password. Confirm the change with it.',
}

/** Requires that a user has no password. One who has types it, and nothing else counts. */
export function requireNoPassword({ passwordHash }: Pick<User, 'passwordHash'>): void {
  if (hasPassword(passwordHash)) throw new ServiceError('conflict', 'the user has a password', HAS_PASSWORD)
}

/** Returns the error of a change token that proves nothing here. */
export const invalidChangeToken = (reason: string, userId: string): ServiceError =>
  new ServiceError('invalid_fields', reason, {
    fields: [
      {
        pointer: '#/changeToken',
        detail: 'Invalid or expired. Confirm the change again.',
        rule: 'expired',
      },
    ],
    log: { userId },
  })
