import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'

/** The refusal of a password that the user does not have. With `mailSignIn=on`, its problem has the member `error`. */
export const NO_PASSWORD = {
  error: 'no_password',
  fields: [
    {
      pointer: '#/currentPassword',
      detail: 'You have no password yet. Choose one by a mail.',
      rule: 'no_password',
    },
  ],
}

/**
 * Returns the error for a user without a password, who signs in at a provider or by a mail. A mail proves more than that sign-in, which
 * may be old.
 */
export function noPassword({ MAIL_SIGN_IN }: Config<'MAIL_SIGN_IN'>): ServiceError {
  const { error, fields } = NO_PASSWORD
  const more = MAIL_SIGN_IN ? { error } : {}
  return new ServiceError('invalid_fields', 'the user has no password', { fields, ...more })
}
