import { randomBytes, randomUUID } from 'node:crypto'
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import {
  type AssertionResponse,
  type RelyingParty,
  requestOptions,
  verifyAssertion,
} from '../factors/passkeys/ceremony.ts'
import {
  CHALLENGE_RANDOM_BYTES,
  type Challenge,
  findChallenge,
  spendChallenge,
  startChallenge,
  storeChallenge,
} from '../factors/passkeys/challenge.ts'
import { type Passkey, passkeyIdOf } from '../factors/passkeys/passkey.ts'
import { findPasskey, findPasskeys, usePasskey } from '../factors/passkeys/store.ts'
import { refusal } from '../factors/refusals.ts'
import type { CookieRequest } from '../sessions/page.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { AMR } from '../users/factors.ts'
import { findUser } from '../users/store.ts'
import { isUserId, type User } from '../users/user.ts'
import { unverifiedChallengeIn } from '../webauthn/client-data.ts'
import { type BegunLogin, findBegunLogin } from './begun.ts'
import type { FactorSignIn } from './factor.ts'
import { reserveTry } from './login-token.ts'

/**
 * Begins a sign-in with a passkey: stores a challenge, and returns the options of
 * `navigator.credentials.get()`.
 *
 * Without a login token, the options are the same for all users, except the challenge. With one, they name
 * the passkeys of its user, who has proved the password.
 *
 * @throws {@link ServiceError} `invalid_credentials`, if the login token is invalid or its user has no passkey; as
 *   `storeChallenge`.
 */
export async function beginPasskeySignIn(
  { table, config, origin, now }: At<'RP_ID', ReservingTable>,
  loginToken: string | undefined,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const begun = loginToken && (await findBegunLogin(table, loginToken, { purpose: 'second-factor' }, now))
  const passkeys = begun ? await findPasskeys(table, begun.user.id) : undefined
  if (begun && passkeys?.length === 0) {
    throw refusal('passkey_refused', 'the user has no passkey', { userId: begun.user.id })
  }
  const bound = begun ? boundTo(begun) : ({ kind: 'sign-in' } as const)
  const challenge = startChallenge(bound, now, randomBytes(CHALLENGE_RANDOM_BYTES))
  await storeChallenge(table, challenge, origin.sourceIp, now)
  return requestOptions(config, challenge, passkeys)
}

const boundTo = ({ login, user }: BegunLogin) => ({
  kind: 'second-factor' as const,
  userId: user.id,
  generation: user.generation,
  loginTokenId: login.id,
})

/** The verified part of a sign-in with a passkey. */
type Verified = Pick<FactorSignIn, 'user' | 'amr' | 'spends'>

/**
 * Verifies a passkey that is both factors. The user handle in the response names its user. Spends nothing.
 *
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused or unknown passkey, or `unavailable`.
 */
export async function verifyPasskey(
  table: Table,
  config: RelyingParty,
  response: AssertionResponse,
  now: Date,
): Promise<Verified> {
  const { userHandle } = response.response
  if (!isUserId(userHandle)) throw refusal('passkey_refused', 'not a user handle of this service')
  const [challenge, passkey, user] = await together([
    findChallenge(table, unverifiedChallengeIn(response), { kind: 'sign-in' }, now),
    findPasskey(table, userHandle, passkeyIdOf(response.id)),
    findUser(table, userHandle),
  ])
  if (user === undefined || passkey === undefined) throw refusal('unknown_passkey', 'no such passkey')
  if (user.disabled) throw refusal('passkey_refused', 'the user is disabled', { userId: user.id })
  return verify(config, response, { challenge, passkey, user, isBothFactors: true }, now)
}

/**
 * Verifies a passkey that is the second factor of a begun sign-in. It reserves a try, and spends nothing else.
 *
 * @throws {@link ServiceError} as {@link verifyPasskey}, also if the login token is invalid.
 */
export async function verifySecondPasskey(
  { table, config, now }: Omit<At<'RP_ID' | 'RP_ORIGINS', ReservingTable>, 'origin'>,
  loginToken: string,
  response: AssertionResponse,
  page: CookieRequest,
): Promise<Verified & Pick<FactorSignIn, 'login'>> {
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor', page }, now)
  const { user, login } = begun
  await reserveTry(table, login, now)
  const [challenge, passkey] = await together([
    findChallenge(table, unverifiedChallengeIn(response), boundTo(begun), now),
    findPasskey(table, user.id, passkeyIdOf(response.id)),
  ])
  if (passkey === undefined) {
    // Not `unknown_passkey`: the passkey may belong to another user, and the client would make its
    // authenticator delete it.
    throw refusal('passkey_refused', 'no passkey of the user', { userId: user.id })
  }
  const found = { challenge, passkey, user, isBothFactors: false }
  return { ...verify(config, response, found, now), login }
}

interface Found {
  challenge: Challenge
  passkey: Passkey
  user: User
  isBothFactors: boolean
}

function verify(
  config: RelyingParty,
  response: AssertionResponse,
  { challenge, passkey, user, isBothFactors }: Found,
  now: Date,
): Verified {
  const asserted = { userId: user.id, passkey, isBothFactors }
  const usedMeanwhile = () =>
    refusal('passkey_refused', 'the challenge or the passkey was used meanwhile', { userId: user.id })
  const used = verifyAssertion(config, response, challenge, asserted)
  return {
    user,
    amr: isBothFactors ? AMR.passkey : AMR.secondPasskey,
    spends: [
      spendChallenge(challenge, randomUUID()),
      usePasskey(user.id, passkey, { ...used, lastUsedAt: now.toISOString() }),
    ].map((write) => ({ write, refusal: usedMeanwhile })),
  }
}
