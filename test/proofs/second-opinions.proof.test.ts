import { expect, test } from 'vitest'
import { ALGORITHMS, faultsOf, OF_ASSERTIONS, OF_REGISTRATIONS } from '../factors/second-opinions/faults.ts'
import { type Case, hasFido2, judgeAll } from '../factors/second-opinions/judges.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_MAIL_LIMITS, ORIGIN, useService } from '../support/service.ts'
import { bodyOf } from '../support/users/factors.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import {
  type Changes,
  createPasskey,
  FLAGS,
  type Kind,
  type SoftPasskey,
  usePasskey,
} from '../support/users/webauthn/authenticator.ts'
import { encodeCbor } from '../support/users/webauthn/cbor.ts'
import { APP, SETTINGS } from './world.ts'

// SimpleWebAuthn and python3-fido2 on the ceremonies of accounts without a password, through the routes: the passkey of a new account, and
// the passkey that proves a change.

const PROVE = 'POST /proof/confirm'

recordLogs()
const { functions, ...service } = await useService({ settings: { ...SETTINGS, ...NO_MAIL_LIMITS } })

/** A response, and the status that the service gives it. */
type Judged = Case & { what: string; isGood: boolean; status: number }

const expectedOf = (challenge: string) => ({
  rpId: 'localhost',
  origins: [ORIGIN],
  challenge,
  requireUserVerification: true,
})

const GOOD_KINDS: Record<string, Kind> = {
  'a synced passkey': {},
  'a passkey of one device that counts': { flags: FLAGS.UP | FLAGS.UV, counter: 9 },
  'a passkey that is not backed up yet': { flags: FLAGS.UP | FLAGS.UV | FLAGS.BE },
  'a passkey with its own attestation': { selfAttested: true },
  'an EdDSA passkey with its own attestation': { algorithm: 'EdDSA', selfAttested: true },
  'a credential id of 1,023 bytes': { idBytes: 1_023 },
  'an RS256 passkey': { algorithm: 'RS256' },
}
const UNVERIFIED: Record<string, Kind> = {
  'no user verification': { flags: FLAGS.UP },
  'no user verification of a synced passkey': { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS },
  'no flag': { flags: 0 },
}
const FAULTS = faultsOf(ORIGIN)

test('both agree with the service on the passkey of a new account, good and broken', async () => {
  const broken = Object.entries({ ...FAULTS, ...OF_REGISTRATIONS })
  const all: Judged[] = [
    ...(await registrations(broken.map(([what, changes]) => ({ what, changes })))),
    ...(await registrations(
      broken.map(([what, changes]) => ({ what, changes, kind: { algorithm: 'EdDSA' } })),
    )),
    ...(await registrations(Object.entries(UNVERIFIED).map(([what, kind]) => ({ what, kind })))),
  ]
  for (const [what, kind] of Object.entries(GOOD_KINDS)) {
    all.push(...(await registrations([{ what, kind, isGood: true }])))
  }
  await expectAgreement(all)
})

test.each(ALGORITHMS)(
  'both agree with the service on a %s passkey that proves a change',
  async (algorithm) => {
    const owner = await newOwner({ algorithm, counter: 7 })
    const broken = { ...FAULTS, ...OF_ASSERTIONS, 'origin of an app': { clientData: { origin: APP } } }
    const all: Judged[] = []
    const challenge = await challengeFor(owner.token)
    for (const [what, changes] of Object.entries<Changes>(broken)) {
      // A copy: a refused signature is not counted.
      all.push(await assertion({ ...owner, passkey: { ...owner.passkey } }, { what, changes, challenge }))
    }
    for (const [what, changes] of Object.entries<Changes>(GOOD_ASSERTIONS)) {
      const fresh = await challengeFor(owner.token)
      all.push(await assertion(owner, { what, changes, challenge: fresh, isGood: true }))
    }
    await expectAgreement(all)
  },
)

const GOOD_ASSERTIONS = {
  'a signature': {},
  'a later signature': {},
  'a signature without a user handle, which a known user need not send': { userHandle: undefined },
}

/** Expects that the service accepts the correct responses only, like SimpleWebAuthn. fido2 accepts them too, and some that are broken. */
async function expectAgreement(all: readonly Judged[]): Promise<void> {
  const judged = await judgeAll(all)
  const good = all.filter(({ isGood }) => isGood).length
  console.log(`${good} good and ${all.length - good} broken responses through the routes, fido2: ${hasFido2}`)
  const verdicts = all.map(({ what, status }, index) => ({
    what,
    own: status === 200,
    whole: judged[index]?.simpleWebAuthn.accepts,
  }))
  expect(verdicts).toEqual(all.map(({ what, isGood }) => ({ what, own: isGood, whole: isGood })))
  // A body over the limit of the gateway gets 413.
  const statuses = all.map(({ status }) => status)
  expect(statuses.filter((status) => ![200, 401, 413, 422].includes(status))).toEqual([])
  expect(judged.filter(({ fido2 }, index) => all[index]?.isGood && fido2?.accepts === false)).toEqual([])
}

/** Returns a proof of a new address. */
async function newProof(): Promise<{ token: string }> {
  const email = newAddress()
  await functions.ask('POST /register', { body: { email } })
  await service.settled()
  return { token: tokenIn(service.mailTo(email)) }
}

type CreationOptions = Parameters<typeof createPasskey>[0]

/** Registers passkeys with one proof, which only a correct one spends. */
async function registrations(
  rows: readonly { what: string; kind?: Kind; changes?: Changes; isGood?: boolean }[],
): Promise<Judged[]> {
  const proof = await newProof()
  const options: CreationOptions = bodyOf(await functions.ask('POST /register/passkey', { body: proof }))
  const judged: Judged[] = []
  for (const { what, kind, changes, isGood = false } of rows) {
    const { response } = createPasskey(options, ORIGIN, kind, changes)
    const { status } = await functions.ask('POST /register/confirm', { body: { ...proof, response } })
    judged.push({ what, isGood, status, response, expected: expectedOf(options.challenge) })
  }
  return judged
}

interface PasskeyOwner {
  passkey: SoftPasskey
  token: string
}

/** Creates an account with a passkey only. */
async function newOwner(kind: Kind): Promise<PasskeyOwner> {
  const proof = await newProof()
  const options: CreationOptions = bodyOf(await functions.ask('POST /register/passkey', { body: proof }))
  const { passkey, response } = createPasskey(options, ORIGIN, kind)
  const { authToken } = bodyOf(
    await functions.ask('POST /register/confirm', { body: { ...proof, response } }),
  )
  return { passkey, token: String(authToken) }
}

const challengeFor = async (token: string): Promise<string> =>
  String(bodyOf(await functions.ask('POST /proof/passkey', { token, body: { change: 'app' } })).challenge)

async function assertion(
  { passkey, token }: PasskeyOwner,
  {
    what,
    changes,
    challenge,
    isGood = false,
  }: { what: string; changes: Changes; challenge: string; isGood?: boolean },
): Promise<Judged> {
  const credential = {
    id: passkey.id.toString('base64url'),
    publicKey: encodeCbor(passkey.coseKey).toString('base64url'),
    counter: passkey.counter,
  }
  const response = usePasskey(passkey, { challenge }, ORIGIN, changes)
  const { status } = await functions.ask(PROVE, { token, body: { change: 'app', response } })
  return { what, isGood, status, response, expected: expectedOf(challenge), credential }
}
