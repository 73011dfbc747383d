import * as z from 'zod/mini'
import { LOGIN_NAME } from '../users/login-name.ts'

/** Maximum size of a password in UTF-8, in normalisation form C. */
export const MAX_PASSWORD_BYTES = 1_024

/** A username or an e-mail address as clients send it. It is read into lower case, as it is stored. */
export const LoginName = z
  .string('Must be a string.')
  .check(
    z.regex(
      LOGIN_NAME,
      'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
    ),
    z.toLowerCase(),
  )

/** A password as clients send it. It is read into Unicode normalisation form C. */
export const Password = z.string('Must be a string.').check(
  z.minLength(1, 'Must not be empty.'),
  z.refine((text) => text.isWellFormed() && !text.includes('\0'), 'Must be valid Unicode text without NUL.'),
  z.overwrite((text) => text.normalize('NFC')),
  z.refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES, 'Must not exceed 1,024 bytes in UTF-8.'),
)

/** A refresh token as clients send it. */
export const Token = z.string('Must be a string.').check(z.maxLength(256, 'Must not exceed 256 characters.'))

/** Body of `POST /login`. */
export const LoginRequest = z.strictObject({ username: LoginName, password: Password })

/** Body of `POST /refresh`. */
export const RefreshRequest = z.strictObject({ refreshToken: Token })

/** Body of `POST /logout`. */
export const LogoutRequest = z.strictObject({
  refreshToken: Token,
  everywhere: z.optional(z.boolean('Must be true or false.')),
})

/** Body of `PUT /password`. */
export const PasswordChangeRequest = z.strictObject({ currentPassword: Password, newPassword: Password })

/** Body of `DELETE /me`. */
export const AccountDeletionRequest = z.strictObject({ currentPassword: Password })
