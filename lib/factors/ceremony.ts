import {
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import type { Config } from '../config.ts'
import type { ServiceError } from '../errors.ts'
import { CHALLENGE_TTL_SECONDS, type Challenge } from './challenge.ts'
import { readClientData } from './client-data.ts'
import { ALGORITHMS, importCoseKey } from './cose-key.ts'
import { MAX_CREDENTIAL_ID_BYTES, type Passkey } from './passkey.ts'
import { refusal } from './refusals.ts'

/** The settings of the relying party, which passkeys are bound to. */
export type RelyingParty = Config<'RP_ID' | 'RP_ORIGINS'>

interface Response<R> {
  id: string
  rawId: string
  type: string
  response: R & { clientDataJSON: string }
}

/** The part of a response to `navigator.credentials.create()` that is read. Nothing of it is verified. */
export type CreationResponse = Response<{ attestationObject: string; transports?: string[] | undefined }>

/** The part of a response to `navigator.credentials.get()` that is read. Nothing of it is verified. */
export type AssertionResponse = Response<{
  authenticatorData: string
  signature: string
  userHandle?: string | undefined
}>

const TIMEOUT_MS = CHALLENGE_TTL_SECONDS * 1_000

/**
 * Returns the options of `navigator.credentials.create()`. A passkey is discoverable, so that it signs in without a name.
 *
 * It may lack user verification, as security keys without a PIN do: it is a second factor then. The service asks for no
 * attestation. The user handle is the 16 bytes of the user id, which says nothing about the user.
 *
 * @param existing - The user's passkeys: their authenticators refuse to make another one.
 */
export const creationOptions = (
  { RP_ID, SERVICE_NAME }: Config<'RP_ID' | 'SERVICE_NAME'>,
  user: { id: string; username: string },
  existing: readonly Passkey[],
  { challenge }: Challenge,
): PublicKeyCredentialCreationOptionsJSON => ({
  rp: { id: RP_ID, name: SERVICE_NAME },
  user: { id: user.id, name: user.username, displayName: user.username },
  challenge,
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
  timeout: TIMEOUT_MS,
  attestation: 'none',
  authenticatorSelection: {
    residentKey: 'required',
    requireResidentKey: true,
    userVerification: 'preferred',
  },
  excludeCredentials: existing.map(descriptorOf),
})

/**
 * Returns the options of `navigator.credentials.get()`.
 *
 * @param allowed - The user's passkeys, for a second factor. Without them any passkey of the service may respond, and must
 *   verify its user: then it counts as two factors.
 */
export const requestOptions = (
  { RP_ID }: Pick<RelyingParty, 'RP_ID'>,
  { challenge }: Challenge,
  allowed?: readonly Passkey[],
): PublicKeyCredentialRequestOptionsJSON => ({
  rpId: RP_ID,
  challenge,
  timeout: TIMEOUT_MS,
  userVerification: allowed === undefined ? 'required' : 'preferred',
  ...(allowed && { allowCredentials: allowed.map(descriptorOf) }),
})

const descriptorOf = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  type: 'public-key' as const,
  ...(transports && { transports: transports.split(' ') as 'internal'[] }),
})

/**
 * Verifies the response to `navigator.credentials.create()` (WebAuthn level 3, section 7.1), and returns the new passkey. That
 * no user has its credential id, the store verifies.
 *
 * @param challenge - Found for the caller, and not spent.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey.
 */
export async function verifyRegistration(
  relyingParty: RelyingParty,
  response: CreationResponse,
  { challenge, userId }: Challenge,
): Promise<Omit<Passkey, 'name' | 'createdAt'>> {
  const refused = refusalFor(userId)
  checkClientData(relyingParty, response, 'webauthn.create', challenge, refused)
  const { registrationInfo } = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: [...relyingParty.RP_ORIGINS],
    expectedRPID: relyingParty.RP_ID,
    requireUserVerification: false,
    supportedAlgorithmIDs: [...ALGORITHMS],
  }).catch((): never => {
    // Without the cause, whose message quotes the response.
    throw refused('the response does not verify')
  })
  if (registrationInfo === undefined) throw refused('the attestation does not verify')
  const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo
  if (credential.id !== response.id) throw refused('the credential ids differ')
  const idBytes = Buffer.from(credential.id, 'base64url').length
  if (idBytes < 1 || idBytes > MAX_CREDENTIAL_ID_BYTES) throw refused('the length of the credential id')
  try {
    importCoseKey(decodeCredentialPublicKey(credential.publicKey) as Map<number, unknown>)
  } catch {
    throw refused('the public key is invalid')
  }
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: response.response.transports?.join(' ') || undefined,
    deviceType: credentialDeviceType,
    backedUp: credentialBackedUp,
  }
}

/** What a response has to match beside the challenge. */
export interface Asserted {
  /** The user that the passkey belongs to. */
  userId: string
  passkey: Passkey
  /** Whether the passkey is both factors, and so must have verified its user. */
  isBothFactors: boolean
}

/**
 * Verifies the response to `navigator.credentials.get()` (WebAuthn level 3, section 7.2), and returns what to store.
 *
 * A counter that does not go up shows that the passkey was copied. It is refused and logged. Most passkeys do not count: they
 * always send 0.
 *
 * @param challenge - Found for the sign-in, and not spent.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey.
 */
export async function verifyAssertion(
  relyingParty: RelyingParty,
  response: AssertionResponse,
  { challenge }: Challenge,
  { userId, passkey, isBothFactors }: Asserted,
): Promise<Pick<Passkey, 'counter' | 'backedUp'>> {
  const refused = refusalFor(userId)
  checkClientData(relyingParty, response, 'webauthn.get', challenge, refused)
  const { userHandle } = response.response
  if (userHandle === undefined ? isBothFactors : userHandle !== userId) {
    throw refused('the user handle is of another user')
  }
  if (response.id !== passkey.credentialId) throw refused('a response of another passkey')
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: response as AuthenticationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: [...relyingParty.RP_ORIGINS],
    expectedRPID: relyingParty.RP_ID,
    requireUserVerification: isBothFactors,
    // The library would compare the counters before it verifies the signature.
    credential: { id: passkey.credentialId, publicKey: bytesOf(passkey.publicKey), counter: -1 },
  }).catch((): never => {
    throw refused('the response does not verify')
  })
  if (!verified) throw refused('the signature does not verify')
  const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
  if (newCounter <= passkey.counter && (newCounter > 0 || passkey.counter > 0)) {
    throw refused('the counter did not go up: the passkey may have been copied')
  }
  if (credentialDeviceType !== passkey.deviceType) throw refused('the backup eligibility changed')
  return { counter: newCounter, backedUp: credentialBackedUp }
}

type Refused = (reason: string) => ServiceError

const refusalFor =
  (userId: string | undefined): Refused =>
  (reason) =>
    refusal('passkey_refused', reason, userId === undefined ? undefined : { userId })

/**
 * Checks what the browser says about the ceremony. The library would let a response pass that a page of another site got in a
 * frame.
 */
function checkClientData(
  { RP_ORIGINS }: RelyingParty,
  { response }: CreationResponse | AssertionResponse,
  type: string,
  challenge: string,
  refused: Refused,
): void {
  const data = readClientData(response.clientDataJSON)
  if (data.type !== type) throw refused('a response of another type')
  if (data.challenge !== challenge) throw refused('a response to another challenge')
  if (typeof data.origin !== 'string' || !RP_ORIGINS.includes(data.origin)) {
    throw refused('the origin is not in rpOrigins')
  }
  if (data.crossOrigin !== undefined && data.crossOrigin !== false) throw refused('a page in a frame')
  if (data.topOrigin !== undefined) throw refused('a page in a frame')
}

const bytesOf = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'))
