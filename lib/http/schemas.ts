import { domainToASCII } from 'node:url'
import * as z from 'zod/mini'
import { LOGIN_NAME } from '../users/login-name.ts'

/** Maximum size of a password in UTF-8, in normalisation form C. */
export const MAX_PASSWORD_BYTES = 1_024

// Only a domain beyond ASCII is changed: `domainToASCII` also reads numbers as IPv4 addresses. It removes line breaks and
// what follows the host of a URL, so a domain with other ASCII characters than those of names stays, and is refused.
const withAsciiDomain = (text: string): string =>
  text.replace(/(?<=@)[A-Za-z0-9.\u0080-\uffff-]+$/, (domain) =>
    /^[ -~]*$/.test(domain) ? domain : domainToASCII(domain),
  )

/** Reads a login name into lower case, as it is stored, with its domain in A-labels (RFC 5890 section 2.3.2.1). */
const loginName = (rule: string) =>
  z
    .string('Must be a string.')
    .check(z.overwrite(withAsciiDomain), z.regex(LOGIN_NAME, rule), z.toLowerCase())

/** A username or an e-mail address as clients send it. */
export const LoginName = loginName(
  'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
)

/** The rule for the username of a user who registers. With another address, its owner could not use it. */
export const NEW_USERNAME_RULE =
  'Must be the confirmed address, or 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen).'

/** The username of a user who registers, as clients send it. */
export const NewUsername = loginName(NEW_USERNAME_RULE)

/** A password as clients send it. It is read into Unicode normalisation form C. */
export const Password = z.string('Must be a string.').check(
  z.minLength(1, 'Must not be empty.'),
  z.refine((text) => text.isWellFormed() && !text.includes('\0'), 'Must be valid Unicode text without NUL.'),
  z.overwrite((text) => text.normalize('NFC')),
  z.refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES, 'Must not exceed 1,024 bytes in UTF-8.'),
)

/** A refresh token as clients send it. */
export const Token = z.string('Must be a string.').check(z.maxLength(256, 'Must not exceed 256 characters.'))

/** Where the client of a sign-in keeps the refresh token. Without it, the response contains the token. */
const InCookie = z.optional(z.string('Must be a string.').check(z.regex(/^cookie$/, 'Must be "cookie".')))

/** Body of `POST /login`. */
export const LoginRequest = z.strictObject({ username: LoginName, password: Password, session: InCookie })

/** Body of `POST /refresh`. Without a refresh token, the one in the cookie is used. */
export const RefreshRequest = z.strictObject({ refreshToken: z.optional(Token) })

/** Body of `POST /logout`, as {@link RefreshRequest}. */
export const LogoutRequest = z.strictObject({
  refreshToken: z.optional(Token),
  everywhere: z.optional(z.boolean('Must be true or false.')),
})

/** Body of `PUT /password`. */
export const PasswordChangeRequest = z.strictObject({ currentPassword: Password, newPassword: Password })

/** Body of `DELETE /me`. */
export const AccountDeletionRequest = z.strictObject({ currentPassword: Password })

/** An e-mail address as clients send it. Upper and lower case stay as written, for mails. */
export const EmailAddress = z.string('Must be a string.').check(
  z.overwrite(withAsciiDomain),
  z.refine((text) => text.includes('@') && LOGIN_NAME.test(text), 'Must be an e-mail address.'),
)

/** Id of a request for a mail. */
const RequestId = z.string('Must be a string.').check(z.maxLength(384, 'Must not exceed 384 characters.'))

const Code = z.string('Must be a string.').check(z.regex(/^\d{8}$/, 'Must be 8 digits.'))

/** The proof that a client has read a mail: the token of its link, or its code and the id of the request. */
const proof = {
  token: z.optional(z.string('Must be a string.').check(z.maxLength(512, 'Must not exceed 512 characters.'))),
  requestId: z.optional(RequestId),
  code: z.optional(Code),
}

/** The members of a body that prove that the client has read a mail. */
export interface ProofFields {
  token?: string | undefined
  requestId?: string | undefined
  code?: string | undefined
}

const hasProof = ({ token, requestId, code }: ProofFields) =>
  token === undefined
    ? requestId !== undefined && code !== undefined
    : requestId === undefined && code === undefined

const PROOF = 'Must have either a token, or a requestId and a code.'

/** Body of `POST /register`. */
export const RegistrationRequest = z.strictObject({ email: EmailAddress })

/** Body of `POST /register/confirm`. */
export const RegistrationConfirmation = z
  .strictObject({ ...proof, password: Password, username: z.optional(NewUsername), session: InCookie })
  .check(z.refine(hasProof, PROOF))

/** Body of `POST /password/forgot`. */
export const ForgottenPasswordRequest = z.strictObject({ login: LoginName })

/** Body of `POST /password/reset`. */
export const PasswordResetRequest = z
  .strictObject({ ...proof, password: Password })
  .check(z.refine(hasProof, PROOF))

/** Body of `PUT /email`. */
export const EmailChangeRequest = z.strictObject({ email: EmailAddress, currentPassword: Password })

/** Body of `POST /email/confirm`. */
export const EmailConfirmation = z.strictObject(proof).check(z.refine(hasProof, PROOF))
