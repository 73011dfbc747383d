import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { verifyAssertion, verifyRegistration } from '../../lib/factors/passkeys/ceremony.ts'
import type { CeremonyKind } from '../../lib/factors/passkeys/challenge.ts'
import type { Passkey } from '../../lib/factors/passkeys/passkey.ts'
import { root } from '../support/process/service-description.ts'
import {
  type Changes,
  createPasskey,
  FLAGS,
  type Kind,
  type SoftPasskey,
  usePasskey,
} from '../support/users/webauthn/authenticator.ts'
import { encodeCbor } from '../support/users/webauthn/cbor.ts'
import { ALGORITHMS, faultsOf, OF_ASSERTIONS, OF_REGISTRATIONS } from './second-opinions/faults.ts'
import { type Case, hasFido2, judgeAll, type Verdict, verifyCase } from './second-opinions/judges.ts'

const user = { id: randomBytes(16).toString('base64url'), name: 'ada', displayName: 'ada' }
const RP_ID = 'auth.example.com'
const ORIGIN = 'https://auth.example.com'

const expectedFor = (challenge: string, more = {}) => ({
  rpId: RP_ID,
  origins: [ORIGIN],
  challenge,
  requireUserVerification: true,
  ...more,
})

const challengeOf = () => randomBytes(32).toString('base64url')

const FAULTS = faultsOf(ORIGIN)

function registration(kind: Kind, changes: Changes = {}, more = {}): Case & { passkey: SoftPasskey } {
  const challenge = challengeOf()
  const rp = { id: RP_ID, name: 'Example' }
  const { passkey, response } = createPasskey({ challenge, rp, user }, ORIGIN, kind, changes)
  return { response, expected: expectedFor(challenge, more), passkey }
}

function assertion(passkey: SoftPasskey, changes: Changes = {}, more = {}): Case {
  const challenge = challengeOf()
  const credential = {
    id: passkey.id.toString('base64url'),
    publicKey: encodeCbor(passkey.coseKey).toString('base64url'),
    counter: passkey.counter,
  }
  const response = usePasskey(passkey, { challenge }, ORIGIN, changes)
  return { response, expected: expectedFor(challenge, more), credential }
}

/** One passkey for each algorithm: an RSA key takes long to generate. */
const passkeys = ALGORITHMS.map((algorithm) => registration({ algorithm, counter: 7 }))
const next = (index: number) => (passkeys[index % passkeys.length] as { passkey: SoftPasskey }).passkey

const KINDS: Kind[] = [
  { algorithm: 'ES256' },
  { algorithm: 'EdDSA' },
  { algorithm: 'ES256', selfAttested: true },
  { algorithm: 'EdDSA', selfAttested: true },
  { algorithm: 'ES256', idBytes: 1_023 },
  { algorithm: 'EdDSA', flags: FLAGS.UP | FLAGS.UV, counter: 1 },
  { algorithm: 'ES256', flags: FLAGS.UP | FLAGS.UV | FLAGS.BE, idBytes: 16 },
]

const valid = [
  ...passkeys,
  ...Array.from({ length: 47 }, (_, index) => registration(KINDS[index % KINDS.length] as Kind)),
  ...Array.from({ length: 50 }, (_, index) => assertion({ ...next(index) })),
]
const broken = [
  ...Object.entries({ ...FAULTS, ...OF_REGISTRATIONS }).flatMap(([fault, changes]) =>
    (['ES256', 'EdDSA'] as const).map((algorithm) => ({ fault, ...registration({ algorithm }, changes) })),
  ),
  ...Object.entries({ ...FAULTS, ...OF_ASSERTIONS }).flatMap(([fault, changes]) =>
    passkeys.map(({ passkey }) => ({ fault, ...assertion({ ...passkey }, changes) })),
  ),
]

test('the service gives the verdicts of SimpleWebAuthn and of fido2', async () => {
  console.log(`${valid.length} valid and ${broken.length} broken responses, fido2: ${hasFido2}`)
  const all: (Case & { fault?: string })[] = [...valid, ...broken]
  const judged = await judgeAll(all)
  const differing = all.flatMap((one, index) => {
    const [own, whole] = [verdictOf(one), judged[index]?.simpleWebAuthn]
    const isCorrect = own.accepts === (one.fault === undefined) && whole?.accepts === own.accepts
    return isCorrect ? [] : [{ fault: one.fault, own, whole }]
  })
  expect(differing).toEqual([])
  const refused = judged.slice(0, valid.length).filter(({ fido2 }) => fido2?.accepts === false)
  expect(refused).toEqual([])
})

test('the service gives the verdicts of both on the passkey of a new user, which must verify its user', async () => {
  const faults = { ...FAULTS, ...OF_REGISTRATIONS }
  const unverified = [
    { flags: FLAGS.UP },
    { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS },
    { flags: FLAGS.UP, counter: 4 },
    { flags: 0 },
  ]
  const all: (Case & { isGood?: boolean })[] = [
    ...KINDS.map((kind) => ({ ...registration(kind), isGood: true })),
    ...Object.values(faults).map((changes) => registration({}, changes)),
    ...unverified.map((kind) => registration(kind)),
  ]
  const judged = await judgeAll(all)
  console.log(`${all.length} registrations of new users, fido2: ${hasFido2}`)
  expect(all.map((one) => verdictOf(one, 'new-user').accepts)).toEqual(
    all.map(({ isGood }) => isGood === true),
  )
  expect(judged.map(({ simpleWebAuthn }) => simpleWebAuthn.accepts)).toEqual(
    all.map(({ isGood }) => isGood === true),
  )
  expect(judged.filter(({ fido2 }, index) => all[index]?.isGood && fido2?.accepts === false)).toEqual([])
  const ofUnverified = judged.slice(-unverified.length)
  expect(ofUnverified.filter(({ fido2 }) => fido2?.accepts)).toEqual([])
})

test.each(ALGORITHMS)('the service refuses bytes after a signature of %s', (algorithm) => {
  const { passkey } = registration({ algorithm })
  const changes: Changes = { signature: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) }
  // SimpleWebAuthn accepts them with ES256.
  expect(verdictOf(assertion(passkey, changes))).toMatchObject({ accepts: false })
})

test('the service reads the same out of a registration as SimpleWebAuthn', async () => {
  for (const one of valid.slice(0, 50)) {
    const read = await verifyCase(one)
    const { credential, credentialDeviceType, credentialBackedUp } = Object(Object(read).registrationInfo)
    expect(verifyOwn(one)).toEqual({
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: credential.transports.join(' '),
      deviceType: credentialDeviceType,
      backedUp: credentialBackedUp,
      uvInitialized: Object(Object(read).registrationInfo).userVerified,
    })
  }
})

interface Vector {
  name: string
  registration: Record<'challenge' | 'credential_id' | 'clientDataJSON' | 'attestationObject', string>
  authentication: Record<'challenge' | 'authenticatorData' | 'clientDataJSON' | 'signature', string>
}
const { vectors }: { vectors: Vector[] } = JSON.parse(
  readFileSync(`${root}/test/factors/second-opinions/vectors.json`, 'utf8'),
)
const encoded = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
const casesOf = ({ registration: made, authentication }: Vector) => {
  const { origin } = JSON.parse(Buffer.from(made.clientDataJSON, 'hex').toString())
  const id = encoded(made.credential_id)
  const expected = { rpId: 'example.org', origins: [origin], requireUserVerification: false }
  const common = { id, rawId: id, type: 'public-key', clientExtensionResults: {} } as const
  const response = {
    clientDataJSON: encoded(made.clientDataJSON),
    attestationObject: encoded(made.attestationObject),
  }
  const create: Case = {
    expected: { ...expected, challenge: encoded(made.challenge) },
    response: { ...common, response },
  }
  const get = (publicKey: string): Case => ({
    expected: { ...expected, challenge: encoded(authentication.challenge) },
    credential: { id, publicKey, counter: 0 },
    response: {
      ...common,
      response: {
        clientDataJSON: encoded(authentication.clientDataJSON),
        authenticatorData: encoded(authentication.authenticatorData),
        signature: encoded(authentication.signature),
      },
    },
  })
  return { create, get }
}

/** Vectors with an attestation that the service does not ask for, an algorithm that it does not offer, or a page in a frame. */
const CERTIFIED = /^(Packed|TPM|Android|Apple|FIDO)/
const OTHER_ALGORITHM = /ES384|ES512|Ed448/
const FRAMED = /crossOrigin|topOrigin/

test.each(vectors)('W3C vector: $name', async (vector) => {
  const { name } = vector
  const { create, get } = casesOf(vector)
  expect(verdictOf(create)).toMatchObject({ accepts: !CERTIFIED.test(name) && !FRAMED.test(name) })
  const assertion = get(await publicKeyOf(vector))
  const isOffered = !OTHER_ALGORITHM.test(name) && !FRAMED.test(name)
  expect(verdictOf(assertion)).toMatchObject({ accepts: isOffered })
  const [judged] = await judgeAll([assertion])
  if (isOffered) expect(judged?.simpleWebAuthn).toEqual({ accepts: true })
})

/** Reads the public key of a registration, whose attestation the service may refuse. */
async function publicKeyOf({ registration: made }: Vector): Promise<string> {
  const { decodeAttestationObject, parseAuthenticatorData } = await import('@simplewebauthn/server/helpers')
  const object = decodeAttestationObject(new Uint8Array(Buffer.from(made.attestationObject, 'hex')))
  const { credentialPublicKey } = parseAuthenticatorData(object.get('authData'))
  return Buffer.from(credentialPublicKey ?? []).toString('base64url')
}

/** Verifies a case as the service does. An assertion without user verification is that of a second factor. */
function verifyOwn({ response, expected, credential }: Case, kind: CeremonyKind = 'registration') {
  const relyingParty = { RP_ID: expected.rpId, RP_ORIGINS: expected.origins }
  const challenge = {
    kind,
    challenge: expected.challenge,
    expiresAt: 0,
    userId: user.id,
  }
  if (credential === undefined) return verifyRegistration(relyingParty, response, challenge)
  const { id: credentialId, publicKey, counter } = credential
  const { BE } = FLAGS
  const flags = Buffer.from(response.response.authenticatorData, 'base64url')[32] ?? 0
  const deviceType = flags & BE ? 'multiDevice' : 'singleDevice'
  const passkey: Passkey = {
    credentialId,
    publicKey,
    counter,
    deviceType,
    backedUp: false,
    uvInitialized: true,
    name: '',
    createdAt: '',
  }
  const isBothFactors = expected.requireUserVerification
  return verifyAssertion(relyingParty, response, challenge, { userId: user.id, passkey, isBothFactors })
}

function verdictOf(one: Case, kind?: CeremonyKind): Verdict {
  try {
    verifyOwn(one, kind)
    return { accepts: true }
  } catch (error) {
    return { accepts: false, reason: String(error) }
  }
}
