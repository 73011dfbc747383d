import * as z from 'zod/mini'
import {
  LoginRequest,
  LogoutRequest,
  MAX_PASSWORD_BYTES,
  Password,
  PasswordChangeRequest,
  RefreshRequest,
  Token,
  Username,
} from '../http/schemas.ts'
import { ROLES } from '../users/user.ts'

/** What the request schemas of `lib/http/schemas.ts` are called in the API description, and what is said of them there. */
const requests = z
  .registry<{ id: string; description: string }>()
  .add(Username, { id: 'Username', description: 'A username. Capitals are read as small letters.' })
  .add(Password, {
    id: 'Password',
    description: `A password: text without NUL, in Unicode normalisation form C at most ${MAX_PASSWORD_BYTES} bytes of UTF-8.`,
  })
  .add(Token, { id: 'RefreshToken', description: 'A refresh token, as a login or a refresh gave it.' })
  .add(LoginRequest, { id: 'LoginRequest', description: 'Who signs in.' })
  .add(RefreshRequest, { id: 'RefreshRequest', description: 'The session to go on with.' })
  .add(LogoutRequest, {
    id: 'LogoutRequest',
    description: 'The session to end; with `everywhere`, all sessions of its user.',
  })
  .add(PasswordChangeRequest, {
    id: 'PasswordChangeRequest',
    description: 'The password of now, and the one to replace it.',
  })

/** Reference to a schema of {@link SCHEMAS}. */
export const schemaRef = (name: keyof typeof ANSWERS) => ({ $ref: `#/components/schemas/${name}` })

/** Reference to a request schema, by the name that it has among the {@link SCHEMAS}. */
export const requestRef = (schema: z.ZodMiniType) => ({
  $ref: `#/components/schemas/${requests.get(schema)?.id}`,
})

const text = (description: string) => ({ type: 'string', description })
const seconds = (description: string) => ({ type: 'integer', minimum: 0, description })
const time = (description: string) => ({ type: 'string', format: 'date-time', description })
const role = { type: 'string', enum: ROLES, description: 'Decides which routes are open.' }

/** An object with these members, all of them there unless `optional` says otherwise; more may come in later versions. */
const object = (
  description: string,
  properties: Record<string, object>,
  optional: readonly string[] = [],
) => ({
  type: 'object',
  description,
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})

const problem = {
  type: { type: 'string', const: 'about:blank', description: 'The status says what kind of problem it is.' },
  title: text('The phrase of the status.'),
  status: {
    type: 'integer',
    description: 'The status of the response; left out by the gateway in general refusals.',
  },
  detail: text('What is wrong, for people.'),
}

const ANSWERS = {
  Tokens: object('What a client needs to call protected routes, and to go on afterwards.', {
    authToken: text('The access token, a JSON Web Token, for the header `Authorization: Bearer …`.'),
    tokenType: { type: 'string', const: 'Bearer' },
    expiresIn: seconds('Seconds until the access token expires.'),
    refreshToken: { $ref: '#/components/schemas/RefreshToken' },
    refreshExpiresIn: seconds('Seconds until the refresh token expires, if it is not used before.'),
  }),
  Content: object('Content, and whom it was made for.', {
    message: text('The content.'),
    username: text('Who the access token speaks for.'),
    role,
  }),
  Session: object('A session that is going on.', {
    id: text('Ends the session, as `DELETE /sessions/{id}`.'),
    createdAt: time('When somebody signed in.'),
    lastUsedAt: time('When its refresh token was last used.'),
    expiresAt: time('When it ends, if it is not used before.'),
    sourceIp: text('The address that somebody signed in from.'),
    userAgent: text('How the client that signed in called itself, as far as it is kept.'),
    current: { type: 'boolean', description: 'Whether the access token belongs to this session.' },
  }),
  Sessions: object('One’s own sessions, the one used last first.', {
    sessions: { type: 'array', items: { $ref: '#/components/schemas/Session' } },
  }),
  Key: object('A public key (RFC 7517).', {
    kty: { type: 'string', const: 'RSA' },
    use: { type: 'string', const: 'sig' },
    alg: { type: 'string', const: 'RS256' },
    kid: text('The key’s RFC 7638 thumbprint, which tokens name in their header.'),
    n: text('Modulus, in base64url.'),
    e: text('Exponent, in base64url.'),
  }),
  KeySet: object('A JWK Set (RFC 7517).', {
    keys: { type: 'array', items: { $ref: '#/components/schemas/Key' } },
  }),
  Problem: object('An RFC 9457 problem.', problem, ['status']),
  InvalidFields: object('An RFC 9457 problem that names the fields at fault.', {
    ...problem,
    errors: {
      type: 'array',
      minItems: 1,
      items: object('One field at fault.', {
        pointer: text('RFC 6901 pointer into the body that was sent, as a URI fragment.'),
        detail: text('What would be valid.'),
      }),
    },
  }),
}

/** All schemas of the API description, by name: those that requests are checked with, and those of the answers. */
export const SCHEMAS: Record<string, object> = { ...requestSchemas(), ...ANSWERS }

function requestSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(requests, {
    metadata: requests,
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  })
  // Each would stand alone with these; here they are parts of one document.
  const parts = Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema])
  return Object.fromEntries(parts)
}
