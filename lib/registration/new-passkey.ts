import { randomBytes } from 'node:crypto'
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { TransactWrite } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { type CreationResponse, creationOptions, verifyRegistration } from '../factors/passkeys/ceremony.ts'
import {
  CHALLENGE_RANDOM_BYTES,
  findChallenge,
  spendChallenge,
  startChallenge,
  storeChallenge,
} from '../factors/passkeys/challenge.ts'
import { defaultName } from '../factors/passkeys/passkey.ts'
import { addPasskey } from '../factors/passkeys/store.ts'
import { newRecoveryCodes } from '../factors/recovery-codes/store.ts'
import { refusal } from '../factors/refusals.ts'
import { mailKey } from '../mail/store.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { withFactor } from '../users/factors.ts'
import { USER_ID_BYTES, type User } from '../users/user.ts'
import { unverifiedChallengeIn } from '../webauthn/client-data.ts'

/**
 * Begins an account whose passkey is in place of a password: draws the id of its user, stores a challenge with it, and returns the options
 * of `navigator.credentials.create()`. Nothing is spent, and there is no user yet.
 *
 * The id is the user handle of the passkey. It is in the challenge, so no client can name a user.
 *
 * @param mailId - Of the mail whose proof this request has verified. Only a request with a proof of the same mail can use the challenge.
 * @param username - Shown by the authenticator.
 * @throws {@link ServiceError} as `storeChallenge`.
 */
export async function beginPasskeyOfNewUser(
  { table, config, origin, now }: At<'RP_ID' | 'SERVICE_NAME', ReservingTable>,
  mailId: string,
  username: string,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const id = randomBytes(USER_ID_BYTES).toString('base64url')
  const bound = { ...boundTo(mailId), newUserId: id }
  const challenge = startChallenge(bound, now, randomBytes(CHALLENGE_RANDOM_BYTES))
  await storeChallenge(table, challenge, origin.sourceIp, now)
  return creationOptions(config, { id, username }, [], challenge)
}

/** A verified passkey of a user who is not stored yet. */
export interface PasskeyOfNewUser {
  /** Values of the profile: the id that the challenge has, and the factor. */
  profile: Pick<User, 'id' | 'factors'>
  /** Shown once. */
  recoveryCodes: string[]
  /** Writes for the transaction that stores the user. They store passkey and recovery codes, and spend the challenge. */
  writes: TransactWrite[]
}

/**
 * Verifies the passkey of a new account. Nothing is stored or spent, so a refused username costs no passkey.
 *
 * @param mailId - Of the mail whose proof this request has verified.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey; `invalid_fields`, if it has not verified its
 *   user; `unavailable`.
 */
export async function verifyPasskeyOfNewUser(
  { table, config, now }: Omit<At<'RP_ID' | 'RP_ORIGINS'>, 'origin'>,
  mailId: string,
  response: CreationResponse,
): Promise<PasskeyOfNewUser> {
  const challenge = await findChallenge(table, unverifiedChallengeIn(response), boundTo(mailId), now)
  const { newUserId: id } = challenge
  if (id === undefined) throw refusal('passkey_refused', 'a challenge without a user')
  const verified = verifyRegistration(config, response, challenge)
  const passkey = { ...verified, name: defaultName(now), createdAt: now.toISOString() }
  const { codes, write } = newRecoveryCodes(id, now)
  const writes = [spendChallenge(challenge, id), ...addPasskey(id, passkey), write]
  return { profile: { id, factors: withFactor({}, 'passkey') }, recoveryCodes: codes, writes }
}

/** The partition of a mail has a hash of its id. */
const boundTo = (mailId: string) => ({ kind: 'new-user' as const, boundTo: mailKey(mailId).pk.S })
