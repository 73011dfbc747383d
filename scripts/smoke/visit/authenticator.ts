import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A passkey in memory. */
export interface SmokePasskey {
  id: Buffer
  privateKey: KeyObject
  rpId: string
  userHandle: string
}

/** User present, and verified (WebAuthn level 3, section 6.1). */
const FLAGS = 0x01 | 0x04
/** The authenticator data has the public key. */
const ATTESTED = 0x40

/**
 * Creates a passkey of the algorithm ES256 without an attestation, as a browser with an authenticator does.
 *
 * @param options - `challenge`, `rp.id` and `user.id` are used.
 * @returns The passkey, and the response for the server.
 */
export function createPasskey(
  options: { challenge: string; rp: { id: string }; user: { id: string } },
  origin: string,
): { passkey: SmokePasskey; response: object } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const passkey = { id: randomBytes(32), privateKey, rpId: options.rp.id, userHandle: options.user.id }
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  // A map of CBOR with key type, algorithm, curve and both coordinates (RFC 9053 section 7.1.1).
  const coseKey = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ])
  const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, passkey.id.length), passkey.id, coseKey])
  const authData = Buffer.concat([authenticatorData(passkey, FLAGS | ATTESTED), attested])
  // A map of CBOR: the format "none", an empty statement, and the data with its length in one byte.
  const attestationObject = Buffer.concat([
    Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
    Buffer.of(authData.length),
    authData,
  ])
  const clientData = clientDataOf('webauthn.create', options.challenge, origin)
  return {
    passkey,
    response: credentialOf(passkey, {
      clientDataJSON: encoded(clientData),
      attestationObject: encoded(attestationObject),
      transports: ['internal'],
    }),
  }
}

/** Signs a challenge, as a browser with an authenticator does. */
export function usePasskey(passkey: SmokePasskey, challenge: string, origin: string): object {
  const clientData = clientDataOf('webauthn.get', challenge, origin)
  const data = authenticatorData(passkey, FLAGS)
  const signed = Buffer.concat([data, hash('sha256', clientData, 'buffer')])
  return credentialOf(passkey, {
    clientDataJSON: encoded(clientData),
    authenticatorData: encoded(data),
    signature: encoded(sign('sha256', signed, passkey.privateKey)),
    userHandle: passkey.userHandle,
  })
}

/** The counter of the authenticator is 0: it does not count. */
const authenticatorData = ({ rpId }: SmokePasskey, flags: number) =>
  Buffer.concat([hash('sha256', rpId, 'buffer'), Buffer.of(flags), Buffer.alloc(4)])

const clientDataOf = (type: string, challenge: string, origin: string) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

const credentialOf = ({ id }: SmokePasskey, response: object) => ({
  id: encoded(id),
  rawId: encoded(id),
  type: 'public-key',
  authenticatorAttachment: 'platform',
  clientExtensionResults: {},
  response,
})

const encoded = (bytes: Buffer) => bytes.toString('base64url')
