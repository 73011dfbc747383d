import { domainToASCII } from 'node:url'
import * as z from 'zod/mini'
import { isNewLoginName, LOGIN_NAME, NEW_LOGIN_NAME_RULE } from '../users/login-name.ts'

/** Maximum size of a password in UTF-8, in normalisation form C. */
export const MAX_PASSWORD_BYTES = 1_024

// Declared pure, so that a bundle contains the schemas of its own routes only.
/* @__NO_SIDE_EFFECTS__ */ const schema = <T>(make: () => T): T => make()

// The checks are all of one kind, because a bundle contains each kind that it uses.
const atMost = (length: number) =>
  z.refine<string>((text) => text.length <= length, `Must not exceed ${length} characters.`)

// Only a domain beyond ASCII is changed: `domainToASCII` also reads numbers as IPv4 addresses. It removes line breaks and
// what follows the host of a URL, so a domain with other ASCII characters than those of names stays, and is refused.
const withAsciiDomain = (text: string): string =>
  text.replace(/(?<=@)[A-Za-z0-9.\u0080-\uffff-]+$/, (domain) =>
    /^[ -~]*$/.test(domain) ? domain : domainToASCII(domain),
  )

/** Accepts login names that users may get. What has another form breaks another rule already. */
const mayBeNew = () =>
  z.refine<string>((text) => !LOGIN_NAME.test(text) || isNewLoginName(text), NEW_LOGIN_NAME_RULE)

/**
 * Reads a login name into lower case, as it is stored, with its domain in A-labels (RFC 5890 section 2.3.2.1).
 *
 * @param more - Checks of the form as it is sent.
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

/** A username or an e-mail address as clients send it. */
export const LoginName = schema(() => loginName(LOGIN_NAME_RULE))

/** A username or an e-mail address that a user gets from an operator. */
export const NewLoginName = schema(() => loginName(LOGIN_NAME_RULE, mayBeNew()))

/** The rule for the username of a user who registers. With another address, its owner could not use it. */
export const NEW_USERNAME_RULE =
  'Must be the confirmed address, or 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen).'

/** The username of a user who registers, as clients send it. */
export const NewUsername = schema(() => loginName(NEW_USERNAME_RULE, mayBeNew()))

/** A password as clients send it. It is read into Unicode normalisation form C. */
export const Password = schema(() =>
  z.string('Must be a string.').check(
    z.refine((text) => text !== '', 'Must not be empty.'),
    z.refine(
      (text) => text.isWellFormed() && !text.includes('\0'),
      'Must be valid Unicode text without NUL.',
    ),
    z.overwrite((text) => text.normalize('NFC')),
    z.refine(
      (text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES,
      'Must not exceed 1,024 bytes in UTF-8.',
    ),
  ),
)

/** A refresh token as clients send it. */
export const Token = schema(() => z.string('Must be a string.').check(atMost(256)))

/** A token of a sign-in that is not complete, as clients send it. */
export const LoginToken = schema(() => z.string('Must be a string.').check(atMost(128)))

/** Where the client of a sign-in keeps the refresh token. Without it, the response contains the token. */
const InCookie = schema(() =>
  z.optional(z.string('Must be a string.').check(z.refine((text) => text === 'cookie', 'Must be "cookie".'))),
)

/** A refresh token of the session that a sign-in replaces, from a client without the cookie. */
const Replaces = schema(() => z.optional(Token))

/** Body of `POST /login`. */
export const LoginRequest = schema(() =>
  z.strictObject({ username: LoginName, password: Password, session: InCookie, replaces: Replaces }),
)

/** Body of `POST /refresh`. Without a refresh token, the one in the cookie is used. */
export const RefreshRequest = schema(() => z.strictObject({ refreshToken: z.optional(Token) }))

/** Body of `POST /logout`, as {@link RefreshRequest}. */
export const LogoutRequest = schema(() =>
  z.strictObject({
    refreshToken: z.optional(Token),
    everywhere: z.optional(z.boolean('Must be true or false.')),
    sub: z.optional(z.string('Must be a string.').check(atMost(256))),
  }),
)

/** Body of `PUT /password`. */
export const PasswordChangeRequest = schema(() =>
  z.strictObject({ currentPassword: Password, newPassword: Password }),
)

/** Body of `DELETE /me`. */
export const AccountDeletionRequest = schema(() => z.strictObject({ currentPassword: Password }))

/** A new e-mail address as clients send it. Upper and lower case stay as written, for mails. */
export const EmailAddress = schema(() =>
  z.string('Must be a string.').check(
    z.overwrite(withAsciiDomain),
    z.refine((text) => text.includes('@') && LOGIN_NAME.test(text), 'Must be an e-mail address.'),
    mayBeNew(),
  ),
)

/** Id of a request for a mail. */
const RequestId = schema(() => z.string('Must be a string.').check(atMost(384)))

const Code = schema(() =>
  z.string('Must be a string.').check(z.refine((text) => /^\d{8}$/.test(text), 'Must be 8 digits.')),
)

/** The proof that a client has read a mail: the token of its link, or its code and the id of the request. */
const proof = () => ({
  token: z.optional(z.string('Must be a string.').check(atMost(512))),
  requestId: z.optional(RequestId),
  code: z.optional(Code),
})

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
export const RegistrationRequest = schema(() => z.strictObject({ email: EmailAddress }))

/** Body of `POST /register/confirm`. */
export const RegistrationConfirmation = schema(() =>
  z
    .strictObject({ ...proof(), password: Password, username: z.optional(NewUsername), session: InCookie })
    .check(z.refine(hasProof, PROOF)),
)

/** Body of `POST /password/forgot`. */
export const ForgottenPasswordRequest = schema(() => z.strictObject({ login: LoginName }))

/** Body of `POST /password/reset`. */
export const PasswordResetRequest = schema(() =>
  z.strictObject({ ...proof(), password: Password }).check(z.refine(hasProof, PROOF)),
)

/** Body of `PUT /email`. */
export const EmailChangeRequest = schema(() =>
  z.strictObject({ email: EmailAddress, currentPassword: Password }),
)

/** Body of `POST /email/confirm`. */
export const EmailConfirmation = schema(() => z.strictObject(proof()).check(z.refine(hasProof, PROOF)))

const encoded = (maxLength: number) =>
  z.string('Must be a string.').check(
    z.refine((text) => text.length <= maxLength, `Must not exceed ${maxLength} characters.`),
    z.refine((text) => /^[A-Za-z0-9_-]*$/.test(text), 'Must be base64url without padding.'),
  )

/** Members of every response of a browser about a passkey. Browsers send more, which are not read. */
const credential = () => ({
  id: encoded(1_364),
  rawId: encoded(1_364),
  type: z
    .string('Must be a string.')
    .check(z.refine((text) => text === 'public-key', 'Must be "public-key".')),
})

/** A response to `navigator.credentials.create()`, as `toJSON()` returns it. The lengths let every valid key pass. */
export const PasskeyCreation = schema(() =>
  z.object(
    {
      ...credential(),
      response: z.object(
        {
          clientDataJSON: encoded(2_048),
          attestationObject: encoded(4_096),
          transports: z.optional(
            z
              .array(z.string('Must be a string.').check(atMost(32)), 'Must be a list.')
              .check(
                z.refine(
                  (all) => all.length <= 8 && all.every((one) => /^[a-z0-9-]+$/.test(one)),
                  'Must be at most 8 names of transports.',
                ),
              ),
          ),
        },
        'Must be a JSON object.',
      ),
    },
    'Must be a JSON object.',
  ),
)

/** A response to `navigator.credentials.get()`, as `toJSON()` returns it. */
export const PasskeyAssertion = schema(() =>
  z.object(
    {
      ...credential(),
      response: z.object(
        {
          clientDataJSON: encoded(2_048),
          authenticatorData: encoded(2_048),
          signature: encoded(1_024),
          userHandle: z.optional(encoded(88)),
        },
        'Must be a JSON object.',
      ),
    },
    'Must be a JSON object.',
  ),
)

/** A name that a user gives a passkey. Pages and mails show it in a line. */
const PasskeyName = schema(() =>
  z
    .string('Must be a string.')
    .check(
      z.refine(
        (text) => /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(text),
        'Must be 1 to 64 characters in one line, and not only spaces.',
      ),
    ),
)

/** Body of `POST /passkeys/options`. */
export const PasskeyOptionsRequest = schema(() => z.strictObject({ currentPassword: Password }))

/** Body of `POST /passkeys`. */
export const NewPasskey = schema(() =>
  z.strictObject({ response: PasskeyCreation, name: z.optional(PasskeyName) }),
)

/** Body of `PATCH /passkeys/{id}`. */
export const PasskeyChange = schema(() => z.strictObject({ name: PasskeyName }))

/** Body of `DELETE /passkeys/{id}`. */
export const PasskeyRemoval = schema(() => z.strictObject({ currentPassword: Password }))

/** Body of `POST /login/passkey/options`. */
export const PasskeySignInOptions = schema(() => z.strictObject({ loginToken: z.optional(LoginToken) }))

/** Body of `POST /login/passkey`. */
export const PasskeySignIn = schema(() =>
  z
    .strictObject({
      loginToken: z.optional(LoginToken),
      response: PasskeyAssertion,
      session: InCookie,
      replaces: Replaces,
    })
    .check(
      z.refine(
        ({ loginToken, session, replaces }) =>
          loginToken === undefined || (session === undefined && replaces === undefined),
        'Must have no session and no replaces with a loginToken, which has them already.',
      ),
    ),
)

/** Body of the routes that change second factors. */
export const FactorChangeRequest = schema(() => z.strictObject({ currentPassword: Password }))

/** A code of an authenticator app. The digits are ASCII. */
export const TotpCode = schema(() =>
  z.string('Must be a string.').check(z.refine((text) => /^[0-9]{6}$/.test(text), 'Must be 6 digits.')),
)

/** Body of `POST /factors/totp/confirm`. */
export const TotpConfirmation = schema(() => z.strictObject({ code: TotpCode }))

/** Body of `POST /login/totp`. */
export const TotpLoginRequest = schema(() => z.strictObject({ loginToken: LoginToken, code: TotpCode }))

/** Body of `POST /login/recovery-code`. Any text is read as a person types it. */
export const RecoveryCodeLoginRequest = schema(() =>
  z.strictObject({ loginToken: LoginToken, code: z.string('Must be a string.').check(atMost(64)) }),
)

/** Body of a request that continues an enrolment. */
export const EnrolmentRequest = schema(() => z.strictObject({ enrolmentToken: LoginToken }))

/** Body of `POST /enrolment/totp/confirm`. */
export const EnrolmentTotpConfirmation = schema(() =>
  z.strictObject({ enrolmentToken: LoginToken, code: TotpCode }),
)

/** Body of `POST /enrolment/passkey`. */
export const EnrolmentPasskey = schema(() =>
  z.strictObject({ enrolmentToken: LoginToken, response: PasskeyCreation, name: z.optional(PasskeyName) }),
)

const ENROLMENT_PROOF = 'Must have either a token, a requestId and a code, or an operatorCode.'

/** Body of `POST /enrolment/proof`. */
export const EnrolmentProofRequest = schema(() =>
  z
    .strictObject({
      enrolmentToken: LoginToken,
      ...proof(),
      operatorCode: z.optional(z.string('Must be a string.').check(atMost(64))),
    })
    .check(
      z.refine(
        ({ operatorCode, ...fields }) => (operatorCode === undefined ? hasProof(fields) : hasNoProof(fields)),
        ENROLMENT_PROOF,
      ),
    ),
)

const hasNoProof = ({ token, requestId, code }: ProofFields) =>
  token === undefined && requestId === undefined && code === undefined

/** Body of `POST /factors/cancel-reset`. */
export const FactorResetCancellation = schema(() =>
  z.strictObject({ token: z.string('Must be a string.').check(atMost(512)) }),
)
