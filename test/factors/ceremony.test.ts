import { randomBytes } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { describe, expect, test } from 'vitest'
import {
  creationOptions,
  requestOptions,
  verifyAssertion,
  verifyRegistration,
} from '../../lib/factors/passkeys/ceremony.ts'
import { type Challenge, startChallenge } from '../../lib/factors/passkeys/challenge.ts'
import type { Passkey } from '../../lib/factors/passkeys/passkey.ts'
import { fieldError } from '../support/http/problems.ts'
import {
  type Algorithm,
  type Changes,
  createPasskey,
  FLAGS,
  type Kind,
  type SoftPasskey,
  usePasskey,
} from '../support/users/webauthn/authenticator.ts'

const RP_ID = 'example.com'
const ORIGIN = 'https://auth.example.com'
const relyingParty = { RP_ID, RP_ORIGINS: [ORIGIN, 'https://app.example.com'], SERVICE_NAME: 'Example' }
const now = new Date('2026-11-26T12:00:00Z')
const userId = randomBytes(16).toString('base64url')
const user = { id: userId, username: 'ada' }

describe('options', () => {
  test('creationOptions asks for a discoverable passkey and no attestation', async () => {
    const { passkey } = await registered()
    const challenge = challengeFor('registration')
    expect(creationOptions(relyingParty, user, [passkey], challenge)).toEqual({
      rp: { id: RP_ID, name: 'Example' },
      user: { id: userId, name: 'ada', displayName: 'ada' },
      challenge: challenge.challenge,
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ alg, type: 'public-key' })),
      timeout: 300_000,
      attestation: 'none',
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'preferred',
      },
      excludeCredentials: [
        { id: passkey.credentialId, type: 'public-key', transports: ['internal', 'hybrid'] },
      ],
    })
  })

  test('creationOptions of a new user demand user verification', () => {
    const { authenticatorSelection } = creationOptions(relyingParty, user, [], challengeFor('new-user'))
    expect(authenticatorSelection).toEqual({
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    })
  })

  test('requestOptions without passkeys are the same for everybody, but for the challenge', () => {
    const challenge = challengeFor('sign-in')
    expect(requestOptions(relyingParty, challenge)).toEqual({
      rpId: RP_ID,
      challenge: challenge.challenge,
      timeout: 300_000,
      userVerification: 'required',
    })
  })

  test('requestOptions of a second factor name the passkeys of the user', async () => {
    const { passkey } = await registered({ transports: [] })
    const challenge = challengeFor('second-factor')
    expect(requestOptions(relyingParty, challenge, [passkey])).toEqual({
      rpId: RP_ID,
      challenge: challenge.challenge,
      timeout: 300_000,
      userVerification: 'preferred',
      allowCredentials: [{ id: passkey.credentialId, type: 'public-key' }],
    })
  })
})

const GOOD: [name: string, kind: Kind][] = [
  ['a synced ES256 passkey', {}],
  ['an EdDSA passkey', { algorithm: 'EdDSA' }],
  ['an RS256 passkey', { algorithm: 'RS256' }],
  ['a passkey of one device that counts', { flags: FLAGS.UP | FLAGS.UV, counter: 9 }],
  ['a passkey that is not backed up yet', { flags: FLAGS.UP | FLAGS.UV | FLAGS.BE }],
  ['a passkey with its own attestation', { selfAttested: true }],
  ['a credential id of 1,023 bytes', { idBytes: 1_023 }],
]

test.each(GOOD)('verifyRegistration and verifyAssertion accept %s', async (_name, kind) => {
  const made = await registered(kind)
  const flags = kind.flags ?? FLAGS.UP | FLAGS.UV | FLAGS.BE | FLAGS.BS
  expect(made.passkey).toMatchObject({
    credentialId: made.soft.id.toString('base64url'),
    counter: kind.counter ?? 0,
    transports: 'internal hybrid',
    deviceType: flags & FLAGS.BE ? 'multiDevice' : 'singleDevice',
    backedUp: (flags & FLAGS.BS) > 0,
    uvInitialized: true,
  })
  const { backedUp } = made.passkey
  expect(await signIn(made)).toEqual({ counter: made.soft.counter, backedUp, uvInitialized: true })
  expect(await signIn(made, {}, false, 'https://app.example.com')).toMatchObject({
    counter: made.soft.counter,
  })
})

test('a passkey without user verification is a second factor only', async () => {
  const made = await registered({ flags: FLAGS.UP })
  expect(await signIn(made, {}, false)).toEqual({ counter: 0, backedUp: false, uvInitialized: false })
  await expect(signIn(made)).rejects.toMatchObject(refused('no user verification'))
})

test('a passkey that verifies its user for the first time is both factors after a password only', async () => {
  const made = await registered({ flags: FLAGS.UP })
  const verifying = { flags: FLAGS.UP | FLAGS.UV }
  const reason = 'user verification was never seen with a password'
  await expect(signIn(made, verifying)).rejects.toMatchObject(refused(reason))
  const afterPassword = await signIn(made, verifying, false)
  expect(afterPassword).toMatchObject({ uvInitialized: true })
  const used = { ...made, passkey: { ...made.passkey, ...afterPassword } }
  expect(await signIn(used, verifying)).toMatchObject({ uvInitialized: true })
  // It stays so after a sign-in without verification.
  expect(await signIn(used, {}, false)).toMatchObject({ uvInitialized: true })
})

test('verifyAssertion returns the backup state of this sign-in', async () => {
  const made = await registered({ flags: FLAGS.UP | FLAGS.UV | FLAGS.BE })
  expect(await signIn(made, { flags: FLAGS.UP | FLAGS.UV | FLAGS.BE | FLAGS.BS })).toEqual({
    counter: 0,
    backedUp: true,
    uvInitialized: true,
  })
})

const flip = (at: number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes)
  const index = at < 0 ? changed.length + at : at
  changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
  return changed
}

/** Returns the rows of changes that are refused for one reason. */
const refusedAs = (reason: string, changes: Record<string, Changes>): [string, Changes, string][] =>
  Object.entries(changes).map(([check, change]) => [check, change, reason])

/** Faults of both ceremonies: the check of WebAuthn level 3, the change and the reason in the log. */
const BOTH: [check: string, changes: Changes, reason: string | RegExp][] = [
  ...refusedAs('a response of another type', {
    'client data that are no JSON': { clientDataJSON: Buffer.from('{"type"') },
    'client data that are a list': { clientDataJSON: Buffer.from('[]') },
    'client data that are null': { clientDataJSON: Buffer.from('null') },
    'another type': { clientData: { type: 'payment.get' } },
    'no type': { clientData: { type: undefined } },
  }),
  ...refusedAs('a response to another challenge', {
    'another challenge': { clientData: { challenge: randomBytes(32).toString('base64url') } },
    'a challenge in a list': { clientData: { challenge: ['a'] } },
  }),
  ...refusedAs('the origin is not in rpOrigins', {
    'another origin': { clientData: { origin: 'https://evil.example' } },
    'a sibling of the origin that is not listed': { clientData: { origin: 'https://blog.example.com' } },
    'the origin over http': { clientData: { origin: 'http://auth.example.com' } },
    'the origin at a port': { clientData: { origin: `${ORIGIN}:8443` } },
    'the origin with a slash': { clientData: { origin: `${ORIGIN}/` } },
    'origins in a list': { clientData: { origin: [ORIGIN] } },
    'no origin': { clientData: { origin: undefined } },
  }),
  ...refusedAs('a page in a frame', {
    'crossOrigin without topOrigin': { clientData: { crossOrigin: true } },
    'crossOrigin with topOrigin': { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
    'topOrigin alone': { clientData: { topOrigin: ORIGIN } },
    'crossOrigin as text': { clientData: { crossOrigin: 'false' } },
  }),
  ...refusedAs('the authenticator data are too short', {
    'truncated authenticator data': { authenticatorData: (bytes) => bytes.subarray(0, 36) },
    'empty authenticator data': { authenticatorData: () => Buffer.alloc(0) },
  }),
  ...refusedAs('not a public-key credential', {
    'rawId that differs from id': { response: { rawId: 'AAAA' } },
    'another type of credential': { response: { type: 'password' } },
  }),
  ['the hash of another RP ID', { rpId: 'auth.example.com' }, 'the hash of another RP ID'],
  ['no user presence', { flags: FLAGS.UV | FLAGS.BE | FLAGS.BS }, 'no user presence'],
  ['a backup without eligibility', { flags: FLAGS.UP | FLAGS.UV | FLAGS.BS }, 'a backup without eligibility'],
  [
    'bytes after the authenticator data',
    { authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) },
    'the authenticator data have bytes after them',
  ],
  ['extensions that are announced and missing', { flags: 0xdd }, /CBOR|invalid/],
  [
    'extensions of 100,000 levels',
    { flags: 0x9d, authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.alloc(100_000, 0x81)]) },
    'CBOR is too deep',
  ],
]

/** Replaces the public key in the authenticator data of a registration with a credential id of 32 bytes. */
const withKey = (key: string) => ({
  authenticatorData: (bytes: Buffer) =>
    Buffer.concat([bytes.subarray(0, 37 + 18 + 32), Buffer.from(key, 'hex')]),
})
const x32 = '01'.repeat(32)

const OF_REGISTRATIONS: [check: string, changes: Changes, reason: string | RegExp, kind?: Kind][] = [
  ...refusedAs('CBOR has an unsupported type', {
    'no CBOR': { attestationObject: () => Buffer.of(0xff) },
    'CBOR of 100,000 tags': { attestationObject: () => Buffer.alloc(100_000, 0xc1) },
  }),
  ...refusedAs('CBOR ends too early', {
    'an empty attestation object': { attestationObject: () => Buffer.alloc(0) },
    'truncated CBOR': { attestationObject: (bytes) => bytes.subarray(0, -100) },
    'CBOR without its last byte': { attestationObject: (bytes) => bytes.subarray(0, -1) },
  }),
  ...refusedAs('CBOR is too deep', {
    'CBOR of 100,000 levels of lists': { attestationObject: () => Buffer.alloc(100_000, 0x81) },
    'CBOR of 100,000 levels of maps': { attestationObject: () => Buffer.from('a100'.repeat(100_000), 'hex') },
  }),
  ...refusedAs('CBOR has an unsupported length', {
    'a list of 2^53 items': { attestationObject: () => Buffer.from('9b001fffffffffffff', 'hex') },
    'bytes of 2^53 bytes': { attestationObject: () => Buffer.from('5b001fffffffffffff', 'hex') },
    'a list of indefinite length': { attestationObject: () => Buffer.from('9f01ff', 'hex') },
  }),
  ...refusedAs('the attestation does not verify', {
    'an unknown format': { attestation: { fmt: 'other', attStmt: new Map() } },
    'a statement without a format': { attestation: { fmt: 'none', attStmt: new Map([['a', 1]]) } },
  }),
  ...refusedAs('the public key has none of the offered algorithms', {
    'an ES384 key': withKey(`a5010203382220022158${'30'}${'01'.repeat(48)}225830${'01'.repeat(48)}`),
    'an EC key without alg': withKey(`a4010220012158 20${x32}225820${x32}`.replace(' ', '')),
    'ES256 on the curve P-384': withKey(`a5010203262002215820${x32}225820${x32}`),
    'ES256 with the type of an RSA key': withKey(`a5010303262001215820${x32}225820${x32}`),
  }),
  ...refusedAs('the public key has a value of another length', {
    'Ed25519 of 31 bytes': withKey(`a401010327200621581f${'01'.repeat(31)}`),
    'an EC key with a zero before x': withKey(`a501020326200121582100${x32}225820${x32}`),
  }),
  ...refusedAs('the RSA key is too short or too long', {
    'an RSA key of 1,024 bits': withKey(`a401030339010020588${'0'}${'c1'.repeat(128)}2143010001`),
    'an RSA key of 8,192 bits': withKey(`a401030339010020590400${'c1'.repeat(1_024)}2143010001`),
  }),
  ['the type of a sign-in', { clientData: { type: 'webauthn.get' } }, 'a response of another type'],
  [
    'a number as attestation object',
    { attestationObject: () => Buffer.of(1) },
    'the attestation object is no map',
  ],
  [
    'no attested credential',
    {
      authenticatorData: (bytes) =>
        Buffer.concat([bytes.subarray(0, 32), Buffer.of(5), bytes.subarray(33, 37)]),
    },
    'no new passkey',
  ],
  [
    'a point that is not on the curve',
    withKey(`a5010203262001215820${x32}225820${x32}`),
    'a value in the response is invalid',
  ],
  ['an EC key without y', withKey(`a4010203262001215820${x32}`), 'the public key lacks a value'],
  ['the id of another passkey', { response: { id: 'AAAA', rawId: 'AAAA' } }, 'the credential ids differ'],
  [
    'a wrong attestation of its own',
    {
      attestation: {
        fmt: 'packed',
        attStmt: new Map<string, unknown>([
          ['alg', -8],
          ['sig', Buffer.alloc(64)],
        ]),
      },
    },
    'the attestation does not verify',
    { algorithm: 'EdDSA' },
  ],
  ...['00', '01', '02', '010000', '0100000003'].map((exponent): [string, Changes, string] => [
    `an RSA key with the exponent ${exponent}`,
    withKey(`a401030339010020590100${'c1'.repeat(256)}214${exponent.length / 2}${exponent}`),
    'the RSA exponent is invalid',
  ]),
  ['a credential id of 1,024 bytes', {}, 'the length of the credential id', { idBytes: 1_024 }],
  ['a credential id without bytes', {}, 'the length of the credential id', { idBytes: 0 }],
]

const OF_ASSERTIONS: [check: string, changes: Changes, reason: string | RegExp][] = [
  ...refusedAs('the user handle is of another user', {
    'no user handle': { userHandle: undefined },
    'the user handle of another user': { userHandle: randomBytes(16).toString('base64url') },
    'an empty user handle': { userHandle: '' },
  }),
  ...refusedAs('the signature does not verify', {
    'a changed signature': { signature: flip(-1) },
    'a truncated signature': { signature: (bytes) => bytes.subarray(0, -1) },
    'an empty signature': { signature: () => Buffer.alloc(0) },
  }),
  ...refusedAs('the counter did not go up: the passkey may have been copied', {
    'a counter that went back': { counter: 8 },
    'a counter that stays': { counter: 9 },
    'a counter that is 0 again': { counter: 0 },
  }),
  ['the type of a registration', { clientData: { type: 'webauthn.create' } }, 'a response of another type'],
  ['no user verification', { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS }, 'no user verification'],
  ['the id of another passkey', { response: { id: 'AAAA', rawId: 'AAAA' } }, 'a response of another passkey'],
  ['lost backup eligibility', { flags: FLAGS.UP | FLAGS.UV }, 'the backup eligibility changed'],
]

/** Starts to measure the time that this thread computes. Other work of the machine does not count. */
function startCpuTimer(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }
}

describe.each(['registration', 'new-user'] as const)(
  'a registration of the kind %s is refused (7.1)',
  (of) => {
    const table = [...BOTH, ...OF_REGISTRATIONS]
    console.log(`7.1: ${table.length} broken registrations of the kind ${of}`)
    test.each(table)('%s', async (_check, changes, reason, kind: Kind = {}) => {
      const spentMs = startCpuTimer()
      await expect(register(kind, changes, ORIGIN, of)).rejects.toMatchObject(refused(reason))
      expect(spentMs()).toBeLessThan(500)
    })
  },
)

describe('the passkey of a new user', () => {
  test.each(GOOD)('may be %s', async (_name, kind) => {
    expect((await register(kind, {}, ORIGIN, 'new-user')).verified).toMatchObject({ uvInitialized: true })
  })

  test.each([
    ['', FLAGS.UP | FLAGS.BE | FLAGS.BS],
    [' of one device', FLAGS.UP],
  ])('must verify its user: that%s without it is refused by a text for the user', async (_of, flags) => {
    const refusal = {
      code: 'invalid_fields',
      message: 'no user verification',
      fields: [fieldError('#/response', 'Use a passkey with a PIN, fingerprint or face.')],
    }
    await expect(register({ flags }, {}, ORIGIN, 'new-user')).rejects.toMatchObject(refusal)
    // A second factor may lack it.
    expect((await register({ flags })).verified).toMatchObject({ uvInitialized: false })
  })

  test('is refused for every other fault first', async () => {
    const flags = FLAGS.UP
    const other = { clientData: { origin: 'https://evil.example' } }
    await expect(register({ flags }, other, ORIGIN, 'new-user')).rejects.toMatchObject(
      refused('the origin is not in rpOrigins'),
    )
  })
})

describe('a sign-in is refused (7.2)', () => {
  const table = [...BOTH, ...OF_ASSERTIONS]
  console.log(`7.2: ${table.length} broken sign-ins`)
  test.each(table)('%s', async (_check, changes, reason) => {
    const made = await registered({ counter: 9 })
    const spentMs = startCpuTimer()
    await expect(signIn(made, changes)).rejects.toMatchObject(refused(reason))
    expect(spentMs()).toBeLessThan(500)
    expect(await signIn(made)).toMatchObject({ counter: made.soft.counter })
  })

  test('a second factor with the user handle of another user', async () => {
    const made = await registered()
    const userHandle = randomBytes(16).toString('base64url')
    await expect(signIn(made, { userHandle }, false)).rejects.toMatchObject(
      refused('the user handle is of another user'),
    )
    expect(await signIn(made, { userHandle: undefined }, false)).toMatchObject({ counter: 0 })
  })

  test('backup eligibility that a passkey of one device got', async () => {
    const made = await registered({ flags: FLAGS.UP | FLAGS.UV })
    await expect(signIn(made, { flags: FLAGS.UP | FLAGS.UV | FLAGS.BE })).rejects.toMatchObject(
      refused('the backup eligibility changed'),
    )
  })

  test.each<Algorithm>(['ES256', 'EdDSA', 'RS256'])('a signature by another %s key', async (algorithm) => {
    const [made, other] = [await registered({ algorithm }), await registered({ algorithm })]
    const forged = { soft: { ...made.soft, privateKey: other.soft.privateKey }, passkey: made.passkey }
    await expect(signIn(forged)).rejects.toMatchObject(refused('the signature does not verify'))
  })

  test('the response of a registration in place of a sign-in', async () => {
    const { response, passkey: soft, verified } = await register()
    const passkey = { ...verified, name: 'Phone', createdAt: now.toISOString() }
    const challenge = challengeFor('sign-in')
    const given = response as RegistrationResponseJSON & AuthenticationResponseJSON
    expect(soft.id.toString('base64url')).toBe(passkey.credentialId)
    const verify = () =>
      verifyAssertion(relyingParty, given, challenge, { userId, passkey, isBothFactors: true })
    expect(verify).toThrow(expect.objectContaining(refused('a response of another type')))
  })
})

const challengeFor = (kind: Challenge['kind']) => startChallenge(boundOf(kind), now, randomBytes(32))

const boundOf = (kind: Challenge['kind']) => {
  if (kind === 'new-user') return { kind, boundTo: 'mail#of-a-registration', newUserId: userId }
  return kind === 'sign-in' ? { kind } : { kind, userId, generation: 7 }
}

const refused = (reason: string | RegExp) => ({
  code: 'invalid_credentials',
  error: 'passkey_refused',
  message: typeof reason === 'string' ? reason : expect.stringMatching(reason),
})

async function register(
  kind: Kind = {},
  changes: Changes = {},
  origin = ORIGIN,
  of: 'registration' | 'new-user' = 'registration',
) {
  const challenge = challengeFor(of)
  const options = creationOptions(relyingParty, user, [], challenge)
  const { passkey, response } = createPasskey(options, origin, kind, changes)
  return { passkey, verified: verifyRegistration(relyingParty, response, challenge), response }
}

async function registered(kind: Kind = {}): Promise<{ soft: SoftPasskey; passkey: Passkey }> {
  const { passkey: soft, verified } = await register(kind)
  return { soft, passkey: { ...verified, name: 'Phone', createdAt: now.toISOString() } }
}

/** Signs in without a name, or with the passkey as second factor. */
async function signIn(
  { soft, passkey }: { soft: SoftPasskey; passkey: Passkey },
  changes: Changes = {},
  isBothFactors = true,
  origin = ORIGIN,
) {
  const challenge = challengeFor(isBothFactors ? 'sign-in' : 'second-factor')
  const options = requestOptions(relyingParty, challenge, isBothFactors ? undefined : [passkey])
  const response = usePasskey(soft, options, origin, changes)
  return verifyAssertion(relyingParty, response, challenge, { userId, passkey, isBothFactors })
}
