import { hash } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Config } from '../../config.ts'
import type { ServiceError } from '../../errors.ts'
import { isValidAttestation, readAttestationObject } from '../../webauthn/attestation.ts'
import { type AuthenticatorData, readAuthenticatorData } from '../../webauthn/authenticator-data.ts'
import { readClientData } from '../../webauthn/client-data.ts'
import { ALGORITHMS, isValidSignature, readCoseKey } from '../../webauthn/cose-key.ts'
import { refusal, unverifiedUser } from '../refusals.ts'
import { CHALLENGE_TTL_SECONDS, type Challenge } from './challenge.ts'
import { MAX_CREDENTIAL_ID_BYTES, type Passkey } from './passkey.ts'

/** The settings of the relying party, which passkeys are bound to. */
export type RelyingParty = Config<'RP_ID' | 'RP_ORIGINS'>

interface Response<R> {
  id: string
  rawId: string
  type: string
  response: R & { clientDataJSON: string }
}

/** The part of a response to `navigator.credentials.create()` that the service reads. It is not verified. */
export type CreationResponse = Response<{ attestationObject: string; transports?: string[] | undefined }>

/** The part of a response to `navigator.credentials.get()` that the service reads. It is not verified. */
export type AssertionResponse = Response<{
  authenticatorData: string
  signature: string
  userHandle?: string | undefined
}>

const TIMEOUT_MS = CHALLENGE_TTL_SECONDS * 1_000

/**
 * Returns the options of `navigator.credentials.create()`. A passkey is discoverable, so that it signs in without a name.
 *
 * It may lack user verification, as security keys without a PIN do. Then it is only a second factor. That of a new user is the only
 * factor, so it must verify its user. The service does not request attestation. The user handle is the 16 bytes of the user id, which reveals nothing
 * about the user.
 *
 * @param existing - The user's passkeys: their authenticators refuse to make another one.
 */
export const creationOptions = (
  { RP_ID, SERVICE_NAME }: Config<'RP_ID' | 'SERVICE_NAME'>,
  user: { id: string; username: string },
  existing: readonly Passkey[],
  { challenge, kind }: Challenge,
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
    userVerification: kind === 'new-user' ? 'required' : 'preferred',
  },
  excludeCredentials: existing.map(descriptorOf),
})

/**
 * Returns the options of `navigator.credentials.get()`.
 *
 * @param allowed - The user's passkeys, if the user is known. Without them, any passkey of the service may
 *   respond.
 * @param isBothFactors - Whether the passkey counts as two factors. Then it must verify its user.
 */
export const requestOptions = (
  { RP_ID }: Pick<RelyingParty, 'RP_ID'>,
  { challenge }: Challenge,
  allowed?: readonly Passkey[],
  isBothFactors = allowed === undefined,
): PublicKeyCredentialRequestOptionsJSON => ({
  rpId: RP_ID,
  challenge,
  timeout: TIMEOUT_MS,
  userVerification: isBothFactors ? 'required' : 'preferred',
  ...(allowed && { allowCredentials: allowed.map(descriptorOf) }),
})

const descriptorOf = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  type: 'public-key' as const,
  ...(transports && { transports: transports.split(' ') as 'internal'[] }),
})

/**
 * Verifies the response to `navigator.credentials.create()` (WebAuthn level 3, section 7.1), and returns the
 * new passkey. The store verifies that no user has its credential id.
 *
 * @param challenge - The caller's challenge, not spent.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey; `invalid_fields`, if that of a new user did not
 *   verify its user.
 */
export function verifyRegistration(
  relyingParty: RelyingParty,
  response: CreationResponse,
  { challenge, kind, userId }: Challenge,
): Omit<Passkey, 'name' | 'createdAt'> {
  const refused = refusalFor(userId)
  checkClientData(relyingParty, response, { type: 'webauthn.create', challenge }, refused)
  const { clientDataJSON, attestationObject, transports } = response.response
  const attestation = tryTo(refused, () => readAttestationObject(bytesOf(attestationObject)))
  const { authData } = attestation
  const read = tryTo(refused, () => readAuthenticatorData(authData))
  checkAuthenticatorData(relyingParty, read, refused)
  const { credential } = read
  if (credential === undefined) throw refused('no new passkey')
  const { length } = credential.id
  if (length < 1 || length > MAX_CREDENTIAL_ID_BYTES) throw refused('the length of the credential id')
  if (credential.id.toString('base64url') !== response.id) throw refused('the credential ids differ')
  const key = tryTo(refused, () => readCoseKey(credential.publicKey))
  if (!isValidAttestation(attestation, key, signedData(authData, clientDataJSON))) {
    throw refused('the attestation does not verify')
  }
  if (kind === 'new-user' && !read.isUserVerified) throw unverifiedUser()
  return {
    credentialId: response.id,
    publicKey: credential.publicKey.toString('base64url'),
    counter: read.counter,
    transports: transports?.join(' ') || undefined,
    deviceType: deviceTypeOf(read),
    backedUp: read.isBackedUp,
    uvInitialized: read.isUserVerified,
  }
}

/** What a response must match in addition to the challenge. */
export interface Asserted {
  /** The user that the passkey belongs to. */
  userId: string
  passkey: Passkey
  /** Whether the passkey is both factors. Then it must verify its user, and must have done so before. */
  isBothFactors: boolean
  /** Whether the user was known before, as at a second factor. Otherwise the response must name the user. */
  isKnownUser?: boolean
}

/**
 * Verifies the response to `navigator.credentials.get()` (WebAuthn level 3, section 7.2), and returns what to store.
 *
 * A counter that does not increase shows that the passkey was copied. The response is rejected and logged.
 * Most passkeys do not count: they always send 0.
 *
 * @param challenge - The challenge of the sign-in, not spent.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey.
 */
export function verifyAssertion(
  relyingParty: RelyingParty,
  response: AssertionResponse,
  { challenge }: Challenge,
  { userId, passkey, isBothFactors, isKnownUser = !isBothFactors }: Asserted,
): Pick<Passkey, 'counter' | 'backedUp' | 'uvInitialized'> {
  const refused = refusalFor(userId)
  checkClientData(relyingParty, response, { type: 'webauthn.get', challenge }, refused)
  const { userHandle } = response.response
  if (userHandle === undefined ? !isKnownUser : userHandle !== userId) {
    throw refused('the user handle is of another user')
  }
  if (response.id !== passkey.credentialId) throw refused('a response of another passkey')
  const { authenticatorData, signature, clientDataJSON } = response.response
  const authData = bytesOf(authenticatorData)
  const read = tryTo(refused, () => readAuthenticatorData(authData))
  checkAuthenticatorData(relyingParty, read, refused)
  if (isBothFactors && !read.isUserVerified) throw refused('no user verification')
  if (isBothFactors && !passkey.uvInitialized) {
    throw refused('user verification was never seen with a password')
  }
  const key = readCoseKey(bytesOf(passkey.publicKey))
  if (!isValidSignature(key, signedData(authData, clientDataJSON), bytesOf(signature))) {
    throw refused('the signature does not verify')
  }
  const { counter, isBackedUp } = read
  if (passkey.counter > 0 && counter <= passkey.counter) {
    throw refused('the counter did not go up: the passkey may have been copied')
  }
  if (deviceTypeOf(read) !== passkey.deviceType) throw refused('the backup eligibility changed')
  return { counter, backedUp: isBackedUp, uvInitialized: passkey.uvInitialized || read.isUserVerified }
}

type Refused = (reason: string) => ServiceError

const refusalFor =
  (userId: string | undefined): Refused =>
  (reason) =>
    refusal('passkey_refused', reason, { userId })

/** Values that the client data of a response must have. */
interface ExpectedClientData {
  type: 'webauthn.create' | 'webauthn.get'
  challenge: string
}

/** Checks the browser's data about the ceremony. A page in a frame of another site is rejected too. */
function checkClientData(
  { RP_ORIGINS }: RelyingParty,
  { id, rawId, type: credentialType, response }: CreationResponse | AssertionResponse,
  { type, challenge }: ExpectedClientData,
  refused: Refused,
): void {
  if (id !== rawId || credentialType !== 'public-key') throw refused('not a public-key credential')
  const data = readClientData(response.clientDataJSON)
  if (data.type !== type) throw refused('a response of another type')
  if (data.challenge !== challenge) throw refused('a response to another challenge')
  if (typeof data.origin !== 'string' || !RP_ORIGINS.includes(data.origin)) {
    throw refused('the origin is not in rpOrigins')
  }
  if (data.crossOrigin !== undefined && data.crossOrigin !== false) throw refused('a page in a frame')
  if (data.topOrigin !== undefined) throw refused('a page in a frame')
}

/** Checks the authenticator's data, in both ceremonies. */
function checkAuthenticatorData({ RP_ID }: RelyingParty, read: AuthenticatorData, refused: Refused): void {
  if (!read.rpIdHash.equals(hash('sha256', RP_ID, 'buffer'))) throw refused('the hash of another RP ID')
  if (!read.isUserPresent) throw refused('no user presence')
  if (read.isBackedUp && !read.isBackupEligible) throw refused('a backup without eligibility')
}

const deviceTypeOf = ({ isBackupEligible }: AuthenticatorData): Passkey['deviceType'] =>
  isBackupEligible ? 'multiDevice' : 'singleDevice'

/** Returns the bytes that an authenticator signs: its data, and the hash of the client data. */
const signedData = (authData: Buffer, clientDataJSON: string): Buffer =>
  Buffer.concat([authData, hash('sha256', bytesOf(clientDataJSON), 'buffer')])

/** Reads a part of a response. The readers' error messages contain nothing of the response. */
function tryTo<T>(refused: Refused, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // OpenSSL's and Node's own errors have a code.
    const { code, message } = error as NodeJS.ErrnoException
    throw refused(code === undefined ? message : 'a value in the response is invalid')
  }
}

const bytesOf = (base64url: string): Buffer => Buffer.from(base64url, 'base64url')
