import * as z from 'zod/mini'
import { TotpCode } from '../http/schemas/factors.ts'
import {
  EmailAddress,
  LoginName,
  LoginToken,
  MAX_PASSWORD_BYTES,
  NewUsername,
  Password,
  Token,
} from '../http/schemas/fields.ts'
import { PasskeyAssertion, PasskeyCreation } from '../http/schemas/passkeys.ts'
import { withChangeToken } from '../http/schemas/proofs.ts'
import type { Route } from './route.ts'

/** Returns the names and descriptions of what several request bodies have, as components of the API description. */
const sharedParts = () =>
  z
    .registry<{ id: string; description: string }>()
    .add(LoginName, {
      id: 'LoginName',
      description: 'A username or an e-mail address. Upper case is read as lower case.',
    })
    .add(NewUsername, {
      id: 'NewUsername',
      description: 'The confirmed address, or a username. Upper case is read as lower case.',
    })
    .add(Password, {
      id: 'Password',
      description: `A password: text without NUL, at most ${MAX_PASSWORD_BYTES} bytes of UTF-8 in Unicode normalisation form C.`,
    })
    .add(Token, { id: 'RefreshToken', description: 'A refresh token from a login or a refresh.' })
    .add(EmailAddress, { id: 'EmailAddress', description: 'An e-mail address, as mails are sent to it.' })
    .add(LoginToken, {
      id: 'LoginToken',
      description: 'The token of a sign-in that is not complete. It is opaque, and no access token.',
    })
    .add(TotpCode, { id: 'TotpCode', description: 'A code of an authenticator app: six digits.' })
    .add(PasskeyCreation, {
      id: 'PasskeyCreation',
      description: 'A new passkey, as `toJSON()` of the browser’s `PublicKeyCredential` returns it.',
    })
    .add(PasskeyAssertion, {
      id: 'PasskeyAssertion',
      description:
        'A signature of a passkey, as `toJSON()` of the browser’s `PublicKeyCredential` returns it.',
    })

/** Returns the schemas that validate the bodies of routes, and those that they share, by name. */
export function requestSchemas(routes: readonly Route[]): Record<string, object> {
  const requests = sharedParts()
  for (const { body } of routes) {
    if (body) requests.add(body.schema, { id: body.name, description: body.description })
  }
  const { schemas } = z.toJSONSchema(requests, {
    metadata: requests,
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  })
  // `$schema` and `$id` mark separate documents. Here the schemas are parts of one document.
  const parts = Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema])
  return Object.fromEntries(parts)
}

/** The schema of a body that has the current password. */
type WithPassword = z.ZodMiniObject<{ currentPassword: typeof Password }, z.core.$strict>

/**
 * Returns a route as a service with `mailSignIn=on` has it: a change of the account also takes a change token, and a user may have no
 * password.
 */
export function withProofs({ withMailSignIn, ...row }: Route): Route {
  const route = { ...row, ...withMailSignIn }
  const { proof, body, problems = [] } = route
  if (proof === undefined || body === undefined) return route
  // A token may be spent by another request at once. The begin of a change has no other conflict.
  const ofProofs = [
    'no_password',
    'has_password',
    ...(proof === 'app' || proof === 'passkey' ? (['conflict'] as const) : []),
  ] as const
  if (proof === 'password') return { ...route, problems: [...problems, 'no_password'] }
  return {
    ...route,
    body: {
      ...body,
      description: `${body.description} Of a user without a password, the token of \`POST /proof/confirm\` for \`${proof}\` in place of it.`,
      schema: withChangeToken(body.schema as WithPassword),
    },
    problems: [...new Set([...problems, ...ofProofs])],
  }
}
