import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  type Changes,
  createPasskey,
  type Kind,
  usePasskey,
} from '../../../test/support/users/webauthn/authenticator.ts'
import { creationOptions, requestOptions, verifyAssertion, verifyRegistration } from './ceremony.ts'
import { type CeremonyKind, startChallenge } from './challenge.ts'

// The table of broken responses is test/factors/ceremony.test.ts.

const ORIGIN = 'https://example.com'
const relyingParty = { RP_ID: 'example.com', RP_ORIGINS: [ORIGIN], SERVICE_NAME: 'Example' }
const now = new Date('2026-11-26T12:00:00Z')
const userId = randomBytes(16).toString('base64url')

test('a browser that does not know crossOrigin registers a passkey and signs in with it', () => {
  const changes = { clientData: { crossOrigin: undefined } }
  expect(signIn(register({}, changes), changes)).toMatchObject({ counter: 0 })
})

test.each([
  [undefined, undefined],
  [[], undefined],
  [['usb', 'nfc'], 'usb nfc'],
])('the transports %j of a browser are stored as %j', (transports, stored) => {
  const challenge = challengeFor('registration')
  const options = creationOptions(relyingParty, { id: userId, username: 'ada' }, [], challenge)
  const { response } = createPasskey(options, ORIGIN)
  const sent = { ...response, response: { ...response.response, transports } }
  expect(verifyRegistration(relyingParty, sent, challenge).transports).toBe(stored)
})

test('a credential id of one byte is accepted', () => {
  expect(signIn(register({ idBytes: 1 }))).toMatchObject({ counter: 0 })
})

test('a passkey may begin to count, and must not stop', () => {
  const made = register()
  expect(signIn(made, { counter: 5 })).toMatchObject({ counter: 5 })
  const counting = { ...made, passkey: { ...made.passkey, counter: 5 } }
  expect(signIn(counting, { counter: 6 })).toMatchObject({ counter: 6 })
  expect(() => signIn(counting, { counter: 5 })).toThrow('the counter did not go up')
  expect(() => signIn(counting, { counter: 0 })).toThrow('the counter did not go up')
})

test('the log of a refusal names the user', () => {
  const changes = { clientData: { type: 'other' } }
  const refused = expect.objectContaining({ error: 'passkey_refused', log: { userId } })
  expect(() => register({}, changes)).toThrow(refused)
  expect(() => signIn(register(), changes)).toThrow(refused)
})

const challengeFor = (kind: CeremonyKind) =>
  startChallenge({ kind, userId, generation: 7 }, now, randomBytes(32))

function register(kind: Kind = {}, changes: Changes = {}) {
  const challenge = challengeFor('registration')
  const options = creationOptions(relyingParty, { id: userId, username: 'ada' }, [], challenge)
  const { passkey: soft, response } = createPasskey(options, ORIGIN, kind, changes)
  return { soft, passkey: verifyRegistration(relyingParty, response, challenge) }
}

function signIn({ soft, passkey }: ReturnType<typeof register>, changes: Changes = {}) {
  const challenge = challengeFor('sign-in')
  const response = usePasskey(soft, requestOptions(relyingParty, challenge), ORIGIN, changes)
  const stored = { ...passkey, name: 'Phone', createdAt: now.toISOString() }
  return verifyAssertion(relyingParty, response, challenge, { userId, passkey: stored, isBothFactors: true })
}
