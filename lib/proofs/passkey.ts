import { randomBytes, randomUUID } from 'node:crypto'
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { type AssertionResponse, requestOptions, verifyAssertion } from '../factors/passkeys/ceremony.ts'
import {
  CHALLENGE_RANDOM_BYTES,
  findChallenge,
  spendChallenge,
  startChallenge,
  storeChallenge,
} from '../factors/passkeys/challenge.ts'
import { passkeyIdOf } from '../factors/passkeys/passkey.ts'
import { findPasskey, findPasskeys, usePasskey } from '../factors/passkeys/store.ts'
import { refusal } from '../factors/refusals.ts'
import type { Change } from '../mail/change.ts'
import type { ReservingTable } from '../throttling/store.ts'
import type { Principal, User } from '../users/user.ts'
import { unverifiedChallengeIn } from '../webauthn/client-data.ts'
import { findProver, type Proof } from './complete.ts'

/**
 * Finds the passkeys that can prove a change: those that have verified their user before.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export const findProvingPasskeys = async (table: At['table'], userId: string) =>
  (await findPasskeys(table, userId)).filter(({ uvInitialized }) => uvInitialized)

/**
 * Begins a proof by a passkey: stores a challenge for one change in this session, and returns the options of
 * `navigator.credentials.get()`.
 *
 * @throws {@link ServiceError} `invalid_credentials`, if the user has no passkey for it; `conflict` with `has_password`; `invalid_token`;
 *   as `storeChallenge`.
 */
export async function beginPasskeyProof(
  at: At<'RP_ID', ReservingTable>,
  principal: Principal,
  change: Change,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const user = await findProver(at.table, principal)
  const passkeys = await findProvingPasskeys(at.table, user.id)
  if (passkeys.length === 0) {
    throw refusal('passkey_refused', 'the user has no passkey that proves a change', { userId: user.id })
  }
  const bound = boundTo(user, principal, change)
  const challenge = startChallenge(bound, at.now, randomBytes(CHALLENGE_RANDOM_BYTES))
  await storeChallenge(at.table, challenge, at.origin.sourceIp, at.now)
  return requestOptions(at.config, challenge, passkeys, true)
}

const boundTo = (
  { id: userId, generation }: User,
  { sessionId }: Pick<Principal, 'sessionId'>,
  change: Change,
) => ({ kind: 'change' as const, userId, generation, boundTo: `${sessionId} ${change}` })

/**
 * Verifies the passkey's response to {@link beginPasskeyProof}. It is two factors of this second. It spends nothing.
 *
 * The browser's dialog does not name the change, so the response must come from a page of the service itself: a script in the page of an
 * app could ask for a passkey "to sign in".
 *
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey; `conflict` with `has_password`;
 *   `invalid_token`; `unavailable`.
 */
export async function verifyPasskeyProof(
  { table, config, now }: Omit<At<'RP_ID' | 'PUBLIC_URL'>, 'origin'>,
  principal: Principal,
  { change, response }: { change: Change; response: AssertionResponse },
): Promise<Proof> {
  const user = await findProver(table, principal)
  const [challenge, passkey] = await together([
    findChallenge(table, unverifiedChallengeIn(response), boundTo(user, principal, change), now),
    findPasskey(table, user.id, passkeyIdOf(response.id)),
  ])
  const refused = (reason: string) => refusal('passkey_refused', reason, { userId: user.id })
  if (passkey === undefined) throw refused('no passkey of the user')
  const ownPages = { RP_ID: config.RP_ID, RP_ORIGINS: [new URL(config.PUBLIC_URL).origin] }
  const asserted = { userId: user.id, passkey, isBothFactors: true, isKnownUser: true }
  const used = verifyAssertion(ownPages, response, challenge, asserted)
  return {
    user,
    by: 'passkey',
    proved: { change, sessionId: principal.sessionId, acr: 'aal2' },
    spends: [
      spendChallenge(challenge, randomUUID()),
      usePasskey(user.id, passkey, { ...used, lastUsedAt: now.toISOString() }),
    ],
    refusal: () => refused('the challenge or the passkey was used meanwhile'),
  }
}
