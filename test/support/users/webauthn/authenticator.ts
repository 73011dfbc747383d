import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign } from 'node:crypto'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { encodeCbor } from './cbor.ts'

/** Flags of authenticator data (WebAuthn level 3, section 6.1). */
export const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 }

/** A passkey, as an authenticator holds it. */
export interface SoftPasskey {
  id: Buffer
  rpId: string
  /** In base64url. */
  userHandle: string
  algorithm: Algorithm
  privateKey: KeyObject
  coseKey: Map<number, unknown>
  /** Of the last signature; 0 if the authenticator does not count. */
  counter: number
  /** Without `AT` and `ED`. */
  flags: number
}

export type Algorithm = keyof typeof ALGORITHMS

/** The algorithms that the service accepts, with their COSE numbers. */
const ALGORITHMS = { ES256: -7, EdDSA: -8, RS256: -257 }

/** Changes that make a response wrong. */
export interface Changes {
  /** Replaces members of the client data; `undefined` removes one. */
  clientData?: object
  /** Replaces the client data whole. */
  clientDataJSON?: Buffer
  /** Relying party whose hash is in the authenticator data. */
  rpId?: string
  flags?: number
  counter?: number
  /** Changes the authenticator data before it is signed. */
  authenticatorData?: (bytes: Buffer) => Buffer
  /** Changes the attestation object. */
  attestationObject?: (bytes: Buffer) => Buffer
  /** Statement and format of the attestation. */
  attestation?: { fmt: string; attStmt: Map<string, unknown> }
  /** Changes the signature. */
  signature?: (bytes: Buffer) => Buffer
  /** Replaces the user handle of an assertion. */
  userHandle?: string | undefined
  /** Replaces members of the whole response. */
  response?: object
}

/** What a new passkey is like. By default it is one of a phone: synced, with user verification and without a counter. */
export interface Kind {
  algorithm?: Algorithm
  idBytes?: number
  counter?: number
  flags?: number
  transports?: string[]
  /** Signs the attestation with the passkey's own key, as some authenticators do. */
  selfAttested?: boolean
}

/**
 * Creates a passkey as a browser and an authenticator do, with `navigator.credentials.create()`.
 *
 * @param origin - Of the page.
 */
export function createPasskey(
  options: Pick<PublicKeyCredentialCreationOptionsJSON, 'challenge' | 'rp' | 'user'>,
  origin: string,
  kind: Kind = {},
  changes: Changes = {},
): { passkey: SoftPasskey; response: RegistrationResponseJSON } {
  const { algorithm = 'ES256', idBytes = 32, counter = 0, transports = ['internal', 'hybrid'] } = kind
  const rpId = String(options.rp.id)
  const flags = kind.flags ?? FLAGS.UP | FLAGS.UV | FLAGS.BE | FLAGS.BS
  const passkey: SoftPasskey = {
    id: randomBytes(idBytes),
    rpId,
    userHandle: options.user.id,
    algorithm,
    ...newKey(algorithm),
    counter,
    flags,
  }
  const idLength = Buffer.of(idBytes >> 8, idBytes & 255)
  const attested = Buffer.concat([Buffer.alloc(16), idLength, passkey.id, encodeCbor(passkey.coseKey)])
  const authData = authenticatorDataOf(passkey, FLAGS.AT, attested, changes)
  const clientDataJSON = clientDataOf('webauthn.create', options.challenge, origin, changes)
  const self = new Map<string, unknown>([
    ['alg', ALGORITHMS[algorithm]],
    ['sig', signatureOf(passkey, authData, clientDataJSON)],
  ])
  const { fmt, attStmt } = changes.attestation ?? {
    fmt: kind.selfAttested ? 'packed' : 'none',
    attStmt: kind.selfAttested ? self : new Map(),
  }
  const object = encodeCbor(
    new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', authData],
    ]),
  )
  const { attestationObject = same } = changes
  return {
    passkey,
    response: {
      id: encoded(passkey.id),
      rawId: encoded(passkey.id),
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: encoded(clientDataJSON),
        attestationObject: encoded(attestationObject(object)),
        transports: transports as 'internal'[],
      },
      ...changes.response,
    },
  }
}

/** Signs a challenge as a browser and an authenticator do, with `navigator.credentials.get()`. Counts, if the passkey counts. */
export function usePasskey(
  passkey: SoftPasskey,
  options: Pick<PublicKeyCredentialRequestOptionsJSON, 'challenge'>,
  origin: string,
  changes: Changes = {},
): AuthenticationResponseJSON {
  if (passkey.counter > 0) passkey.counter += 1
  const authData = authenticatorDataOf(passkey, 0, Buffer.alloc(0), changes)
  const clientDataJSON = clientDataOf('webauthn.get', options.challenge, origin, changes)
  const { signature = same } = changes
  const userHandle = 'userHandle' in changes ? changes.userHandle : passkey.userHandle
  return {
    id: encoded(passkey.id),
    rawId: encoded(passkey.id),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    response: {
      clientDataJSON: encoded(clientDataJSON),
      authenticatorData: encoded(authData),
      signature: encoded(signature(signatureOf(passkey, authData, clientDataJSON))),
      ...(userHandle !== undefined && { userHandle }),
    },
    ...changes.response,
  }
}

const same = (bytes: Buffer) => bytes
const encoded = (bytes: Buffer) => bytes.toString('base64url')

function authenticatorDataOf(passkey: SoftPasskey, more: number, tail: Buffer, changes: Changes): Buffer {
  const counter = Buffer.alloc(4)
  counter.writeUInt32BE(changes.counter ?? passkey.counter)
  const flags = Buffer.of((changes.flags ?? passkey.flags) | more)
  const rpIdHash = hash('sha256', changes.rpId ?? passkey.rpId, 'buffer')
  return (changes.authenticatorData ?? same)(Buffer.concat([rpIdHash, flags, counter, tail]))
}

function clientDataOf(type: string, challenge: string, origin: string, changes: Changes): Buffer {
  const data = { type, challenge, origin, crossOrigin: false, ...changes.clientData }
  return changes.clientDataJSON ?? Buffer.from(JSON.stringify(data))
}

function signatureOf({ algorithm, privateKey }: SoftPasskey, authData: Buffer, clientData: Buffer): Buffer {
  const data = Buffer.concat([authData, hash('sha256', clientData, 'buffer')])
  return sign(algorithm === 'EdDSA' ? undefined : 'sha256', data, privateKey)
}

function newKey(algorithm: Algorithm): Pick<SoftPasskey, 'privateKey' | 'coseKey'> {
  const { privateKey, publicKey } = keyPairOf(algorithm)
  const { x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  const rows: Record<Algorithm, [number, unknown][]> = {
    ES256: [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ],
    EdDSA: [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(x)],
    ],
    RS256: [
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ],
  }
  return { privateKey, coseKey: new Map(rows[algorithm]) }
}

function keyPairOf(algorithm: Algorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}
