import { domainToASCII } from 'node:url'
import * as z from 'zod/mini'
import type { FieldError } from '../../errors.ts'
import type { ProofFields } from '../../mail/verify.ts'
import { isNewLoginName, LOGIN_NAME, NEW_LOGIN_NAME_RULE, NEW_USERNAME_RULE } from '../../users/login-name.ts'

/** Maximum size of a password in UTF-8, in normalisation form C. */
export const MAX_PASSWORD_BYTES = 1_024

// zod/mini adds 12 KB and 1 ms to the start of a function. Full zod adds 454 KB and 18 ms. Declared pure, so
// that a bundle contains only the schemas of its routes. esbuild knows that only in this file, so calls in
// other files are marked too.
export const schema = /* @__NO_SIDE_EFFECTS__ */ <T>(make: () => T): T => make()

/** Returns the text of a check for clients, with the name of its rule and its values, where the rule is no `format`. */
const ruled = (error: string, rule: string, values?: FieldError['values']) => ({
  error,
  params: { rule, values },
})

// The checks are all of one kind, because a bundle contains each kind that it uses.
export const atMost = (max: number) =>
  z.refine<string>(
    (text) => text.length <= max,
    ruled(`Must not exceed ${max} characters.`, 'too_long', { max }),
  )

/** Accepts some texts. */
export const oneOf = (error: string, ...options: string[]) =>
  z.refine<string>((text) => options.includes(text), ruled(error, 'one_of', { options }))

/**
 * A code of digits. Keyboards of Arabic, Persian and Japanese type other digits, which count as the ASCII ones: the last four
 * bits of each are its value.
 */
export const digitCode = (digits: number) =>
  z.string('Must be a string.').check(
    z.overwrite((text) =>
      text.replaceAll(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (digit) => `${digit.charCodeAt(0) & 15}`),
    ),
    z.refine(
      (text) => text.length === digits && /^[0-9]*$/.test(text),
      ruled(`Must be ${digits} digits.`, 'format', { digits }),
    ),
  )

// Only a domain beyond ASCII is changed: `domainToASCII` also reads numbers as IPv4 addresses. It removes
// line breaks and everything after the host of a URL. So a domain with ASCII characters that names cannot
// have stays unchanged, and is rejected.
const withAsciiDomain = (text: string): string =>
  text.replace(/(?<=@)[A-Za-z0-9.\u0080-\uffff-]+$/, (domain) =>
    /^[ -~]*$/.test(domain) ? domain : domainToASCII(domain),
  )

/** Accepts login names that users may get. A value of another form already breaks another rule. */
const mayBeNew = () =>
  z.refine<string>((text) => !LOGIN_NAME.test(text) || isNewLoginName(text), NEW_LOGIN_NAME_RULE)

/**
 * Reads a login name into its stored form: lower case, with its domain in A-labels (RFC 5890 section
 * 2.3.2.1).
 *
 * @param more - Additional checks of the form that is sent.
 */
const loginName = (rule: string, ...more: ReturnType<typeof mayBeNew>[]) =>
  z.string('Must be a string.').check(
    z.overwrite(withAsciiDomain),
    z.refine((text) => LOGIN_NAME.test(text), rule),
    ...more,
    z.overwrite((text) => text.toLowerCase()),
  )

const LOGIN_NAME_RULE =
  'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.'

/** A username or an e-mail address from a client. */
export const LoginName = schema(() => loginName(LOGIN_NAME_RULE))

/** A username or an e-mail address that a user gets from an operator. */
export const NewLoginName = schema(() => loginName(LOGIN_NAME_RULE, mayBeNew()))

/** The username of a user who registers, from a client. */
export const NewUsername = schema(() => loginName(NEW_USERNAME_RULE, mayBeNew()))

/** A password from a client. It is read into Unicode normalisation form C. */
export const Password = schema(() =>
  z.string('Must be a string.').check(
    z.refine((text) => text !== '', ruled('Must not be empty.', 'required')),
    z.refine(
      (text) => text.isWellFormed() && !text.includes('\0'),
      'Must be valid Unicode text without NUL.',
    ),
    z.overwrite((text) => text.normalize('NFC')),
    z.refine(
      (text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES,
      ruled('Must not exceed 1,024 bytes in UTF-8.', 'too_long', { max: MAX_PASSWORD_BYTES }),
    ),
  ),
)

/** A refresh token from a client. */
export const Token = schema(() => z.string('Must be a string.').check(atMost(256)))

/** A token of a sign-in that is not complete, from a client. */
export const LoginToken = schema(() => z.string('Must be a string.').check(atMost(128)))

/** Where the client of a sign-in keeps the refresh token. Without it, the response contains the token. */
export const InCookie = schema(() =>
  z.optional(z.string('Must be a string.').check(oneOf('Must be "cookie".', 'cookie'))),
)

/** A refresh token of the session that a sign-in replaces, from a client without the cookie. */
export const Replaces = schema(() => z.optional(Token))

/** A new e-mail address from a client. Upper and lower case do not change, for mails. */
export const EmailAddress = schema(() =>
  z.string('Must be a string.').check(
    z.overwrite(withAsciiDomain),
    z.refine((text) => text.includes('@') && LOGIN_NAME.test(text), 'Must be an e-mail address.'),
    mayBeNew(),
  ),
)

/** Id of a requested mail. */
export const MailId = schema(() => z.string('Must be a string.').check(atMost(384)))

/** The code of a mail. */
export const Code = schema(() => digitCode(8))

/** The proof that a client has read a mail: the token of its link, or its code and its id. */
export const proof = () => ({
  token: z.optional(z.string('Must be a string.').check(atMost(512))),
  mailId: z.optional(MailId),
  code: z.optional(Code),
})

export const hasProof = ({ token, mailId, code }: ProofFields) =>
  token === undefined
    ? mailId !== undefined && code !== undefined
    : mailId === undefined && code === undefined

export const PROOF = 'Must have either a token, or a mailId and a code.'
