import { FIRST_ROLE } from '../../application/roles.ts'
import { EnrolmentRequest } from '../../http/schemas/factors.ts'
import { json } from '../json-schema.ts'
import { schemaRef } from '../schemas.ts'

// Values that several routes show.

export const tokens = {
  authToken: 'header.payload.signature',
  tokenType: 'Bearer',
  expiresIn: 1800,
  refreshToken: 'user.session.secret',
  refreshExpiresIn: 604800,
}
export const ada = {
  sub: 'AbCdEfGhIjKlMnOpQrStUw',
  username: 'ada',
  role: FIRST_ROLE,
  email: 'ada@example.org',
  email_verified: false,
}

/** The example of a body that has nothing but the current password. */
export const currentPassword = {
  user: { isDemo: true as const, summary: 'The demo user', value: { currentPassword: 'user' } },
}

const MAIL_ID = 'AbCdEfGhIjKlMnOpQrStUw'
export const token = `${MAIL_ID}.AbCdEfGhIjKlMnOpQrStUwWxYzAbCdEfGhIjKlMnOpQ`
export const password = 'correct horse battery staple'
/** Description of {@link proofs}. */
export const PROOF = 'The token of a link, or the id and the code of a mail.'
/** Returns examples of the two proofs that a mail was read, with additional members of the body. */
export const proofs = (more: object) => ({
  token: { summary: 'The token in the link', value: { token, ...more } },
  code: { summary: 'The code in the mail', value: { mailId: MAIL_ID, code: '12345678', ...more } },
})
export const requested = {
  status: 202,
  description: 'The request is accepted, whether or not a mail is sent.',
  content: json(schemaRef('MailRequested'), { mailId: MAIL_ID }),
} as const
export const enrolmentBody = {
  name: 'EnrolmentRequest',
  description: 'The token of an enrolment.',
  schema: EnrolmentRequest,
  examples: { token: { summary: 'The enrolment token of a sign-in', value: { enrolmentToken: token } } },
}

/** The challenge of a passkey. */
export const challenge = 'AbCdEfGhIjKlMnOpQrStUwWxYzAbCdEfGhIjKlMnOpQ'
export const credential = {
  id: 'AbCdEfGhIjKlMnOpQrStUw',
  rawId: 'AbCdEfGhIjKlMnOpQrStUw',
  type: 'public-key',
}
/** Returns what a browser adds to a challenge, as the authenticator signs it. */
const clientDataOf = (type: string) => {
  const data = { type, challenge, origin: 'https://auth.example.com', crossOrigin: false }
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}
/** A new passkey. */
export const created = {
  ...credential,
  response: { clientDataJSON: clientDataOf('webauthn.create'), attestationObject: 'o2NmbXRkbm9uZQ' },
}
/** A signature of a passkey. */
export const asserted = {
  ...credential,
  response: {
    clientDataJSON: clientDataOf('webauthn.get'),
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4',
    signature: 'MEUCIQDx',
    userHandle: 'AbCdEfGhIjKlMnOpQrStUw',
  },
}

/** Returns a parameter in the path. */
export const inPath = (name: string, description: string, example?: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
  example,
})
/** Returns the parameter with which a client asks for the next page. */
export const afterPage = (example: string) => ({
  name: 'after',
  in: 'query',
  description: '`next` of the page before.',
  schema: { type: 'string' },
  example,
})
