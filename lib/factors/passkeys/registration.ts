import { randomBytes } from 'node:crypto'
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { TransactWrite } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import type { At } from '../../context.ts'
import type { ReservingTable } from '../../throttling/store.ts'
import type { User } from '../../users/user.ts'
import { unverifiedChallengeIn } from '../../webauthn/client-data.ts'
import { findRecoveryCodes, newRecoveryCodes } from '../recovery-codes/store.ts'
import { refusal } from '../refusals.ts'
import { type CreationResponse, creationOptions, verifyRegistration } from './ceremony.ts'
import {
  CHALLENGE_RANDOM_BYTES,
  findChallenge,
  spendChallenge,
  startChallenge,
  storeChallenge,
} from './challenge.ts'
import { defaultName, MAX_PASSKEYS, type Passkey } from './passkey.ts'
import { addPasskey, findPasskeys } from './store.ts'

/** The user whose passkey is registered. */
export interface Registrant {
  /** The profile, read in this request before the passkeys. */
  user: User
  /** Login token of an enrolment. */
  loginTokenId?: string | undefined
}

/**
 * Begins the registration of a passkey: stores a challenge, and returns the options of `navigator.credentials.create()`.
 *
 * @param registrant - With writes that spend the proof of the user, if it was no password.
 * @throws {@link ServiceError} `conflict`, if the user has too many passkeys; as `storeChallenge`.
 */
export async function beginRegistration(
  at: At<'RP_ID' | 'SERVICE_NAME', ReservingTable>,
  { user, loginTokenId, spends }: Registrant & { spends?: readonly TransactWrite[] | undefined },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const existing = await findPasskeys(at.table, user.id)
  requireRoom(existing)
  const bound = boundTo({ user, loginTokenId })
  const challenge = startChallenge(bound, at.now, randomBytes(CHALLENGE_RANDOM_BYTES))
  await storeChallenge(at.table, { ...challenge, spends }, at.origin.sourceIp, at.now)
  return creationOptions(at.config, user, existing, challenge)
}

/**
 * Verifies the registration of a passkey. Nothing is stored or spent.
 *
 * @param given - The response of the browser, and the name that the user gives the passkey.
 * @param spentBy - Id of the change that spends the challenge.
 * @returns The passkey, recovery codes if the user has none left, and writes for one transaction with
 *   `factorChange`. They store both and spend the challenge.
 * @throws {@link ServiceError} `invalid_credentials`, with the detail of a refused passkey; `conflict`; `unavailable`.
 */
export async function verifyNewPasskey(
  { table, config, now }: Omit<At<'RP_ID' | 'RP_ORIGINS'>, 'origin'>,
  { user, loginTokenId }: Registrant,
  given: { response: CreationResponse; name?: string | undefined },
  spentBy: string,
): Promise<{ passkey: Passkey; recoveryCodes: string[] | undefined; writes: TransactWrite[] }> {
  const challenge = await findChallenge(
    table,
    unverifiedChallengeIn(given.response),
    boundTo({ user, loginTokenId }),
    now,
  )
  const verified = verifyRegistration(config, given.response, challenge)
  const [existing, codesLeft] = await together([
    findPasskeys(table, user.id),
    findRecoveryCodes(table, user.id),
  ])
  requireRoom(existing)
  const recovery = codesLeft.length === 0 ? newRecoveryCodes(user.id, now) : undefined
  const name = given.name ?? defaultName(now)
  const passkey = { ...verified, name, createdAt: now.toISOString() }
  const writes = [spendChallenge(challenge, spentBy), ...addPasskey(user.id, passkey)]
  return {
    passkey,
    recoveryCodes: recovery?.codes,
    writes: recovery ? [...writes, recovery.write] : writes,
  }
}

const boundTo = ({ user, loginTokenId }: Registrant) => ({
  kind: 'registration' as const,
  userId: user.id,
  generation: user.generation,
  loginTokenId,
})

function requireRoom(existing: readonly Passkey[]): void {
  if (existing.length < MAX_PASSKEYS) return
  throw refusal('too_many_passkeys', 'the user has too many passkeys')
}
