import * as z from 'zod/mini'
import { isLine } from '../../line.ts'
import { atMost, InCookie, LoginToken, oneOf, Password, Replaces, schema } from './fields.ts'

const encoded = (maxLength: number) =>
  z.string('Must be a string.').check(
    atMost(maxLength),
    z.refine((text) => /^[A-Za-z0-9_-]*$/.test(text), 'Must be base64url without padding.'),
  )

/** Members of every response of a browser about a passkey. Browsers send more members, which are ignored. */
const credential = () => ({
  id: encoded(1_364),
  rawId: encoded(1_364),
  type: z.string('Must be a string.').check(oneOf('Must be "public-key".', 'public-key')),
})

/**
 * A response to `navigator.credentials.create()`, in the form of `toJSON()`. Every valid key is within the
 * lengths.
 */
export const PasskeyCreation = /* @__PURE__ */ schema(() =>
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

/** A response to `navigator.credentials.get()`, in the form of `toJSON()`. */
export const PasskeyAssertion = /* @__PURE__ */ schema(() =>
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

/** A name that a user gives a passkey. Pages and mails show it in one line. */
export const PasskeyName = /* @__PURE__ */ schema(() =>
  z
    .string('Must be a string.')
    .check(
      z.refine(
        (text) => text.trim() !== '' && [...text].length <= 64 && isLine(text),
        'Must be 1 to 64 characters in one line, and not only spaces.',
      ),
    ),
)

/** Body of `POST /passkeys/options`. */
export const PasskeyOptionsRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ currentPassword: Password }),
)

/** Body of `POST /passkeys`. */
export const NewPasskey = /* @__PURE__ */ schema(() =>
  z.strictObject({ response: PasskeyCreation, name: z.optional(PasskeyName) }),
)

/** Body of `PATCH /passkeys/{id}`. */
export const PasskeyChange = /* @__PURE__ */ schema(() => z.strictObject({ name: PasskeyName }))

/** Body of `DELETE /passkeys/{id}`. */
export const PasskeyRemoval = /* @__PURE__ */ schema(() => z.strictObject({ currentPassword: Password }))

/** Body of `POST /login/passkey/options`. */
export const PasskeySignInOptions = /* @__PURE__ */ schema(() =>
  z.strictObject({ loginToken: z.optional(LoginToken) }),
)

/** Body of `POST /login/passkey`. */
export const PasskeySignIn = /* @__PURE__ */ schema(() =>
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
