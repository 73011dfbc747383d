import { randomBytes } from 'node:crypto'
import type { TransactWrite } from '../../aws/dynamodb.ts'
import type { At } from '../../context.ts'
import { setupTriesCounter } from '../../throttling/factor-counters.ts'
import { type ReservingTable, rejectIfRefused, reserveAttempt } from '../../throttling/store.ts'
import { secondOf } from '../../time.ts'
import type { User } from '../../users/user.ts'
import { newRecoveryCodes } from '../recovery-codes/store.ts'
import { refusal, wrongCode } from '../refusals.ts'
import { decryptSecret, encryptSecret } from './secret.ts'
import { adoptTotp, findTotpSetup, storePendingTotp } from './store.ts'
import { base32Of, NO_STEP, stepOfCode, TOTP_SECRET_BYTES, totpUri } from './totp.ts'

const SETUP_TTL_SECONDS = 600
const TRY_ID_BYTES = 8

/** Setup data for an authenticator app. Both members contain the secret. */
export interface TotpSetup {
  /** In base32, for typing. */
  secret: string
  /** `otpauth://…`, for a QR code. */
  uri: string
}

/**
 * Begins to set up an authenticator app. It stores a new secret for ten minutes, in place of an earlier one
 * that was not confirmed. The user has the factor only after a code of the app confirms it.
 *
 * @param begun - Login token of an enrolment: only the same enrolment can confirm the app. Or writes that spend the proof of the user.
 * @throws {@link ServiceError} `conflict`, if the proof is spent; `unavailable`.
 */
export async function startTotp(
  { table, config, now }: Omit<At<'FACTOR_KEY' | 'SERVICE_NAME'>, 'origin'>,
  user: User,
  { loginTokenId, spends = [] }: { loginTokenId?: string; spends?: readonly TransactWrite[] },
): Promise<TotpSetup> {
  const secret = randomBytes(TOTP_SECRET_BYTES)
  const ciphertext = await encryptSecret(table.aws, config.FACTOR_KEY, user.id, secret)
  const expiresAt = secondOf(now) + SETUP_TTL_SECONDS
  const pending = { ciphertext, generation: user.generation, expiresAt, loginTokenId }
  await storePendingTotp(table, user.id, pending, spends)
  return { secret: base32Of(secret), uri: totpUri(secret, config.SERVICE_NAME, user.username) }
}

/**
 * Verifies a code of the authenticator app that a user is setting up. Only the try is stored.
 *
 * @param user - The profile that was read. A change of the user since {@link startTotp} makes the setup
 *   invalid.
 * @returns Writes for the transaction that changes the user's factors, and the recovery codes in it if the user has none left.
 * @throws {@link ServiceError} `conflict`, if the setup has expired; `invalid_fields` at `#/code`; `too_many_attempts` after ten
 *   tries, or `unavailable`.
 */
export async function verifyTotpSetup(
  { table, config, now }: Omit<At<'FACTOR_KEY', ReservingTable>, 'origin'>,
  user: User,
  code: string,
  loginTokenId?: string,
): Promise<{ writes: TransactWrite[]; recoveryCodes?: string[] }> {
  const { id: userId, generation } = user
  const { pending, hasRecoveryCodes } = await findTotpSetup(table, userId)
  if (
    pending === undefined ||
    pending.expiresAt <= secondOf(now) ||
    pending.generation !== generation ||
    pending.loginTokenId !== loginTokenId
  ) {
    throw refusal('setup_expired', 'no authenticator app is being set up', { userId })
  }
  // A thief of an access token must not confirm an app that the user has not set up yet.
  const counter = setupTriesCounter(userId, pending.expiresAt)
  const tryId = randomBytes(TRY_ID_BYTES).toString('base64url')
  const details = { log: { userId }, event: 'factor.limited' }
  const reservation = await reserveAttempt(table, [counter], tryId, now)
  rejectIfRefused(reservation, 'too_many_attempts', 'too many codes of a new app', details)

  const secret = await decryptSecret(table.aws, config.FACTOR_KEY, userId, pending.ciphertext)
  const step = stepOfCode(secret, code, NO_STEP, now)
  if (step === undefined) throw wrongCode('wrong code of a new authenticator app', { userId })
  const writes = adoptTotp(userId, pending, step, now)
  if (hasRecoveryCodes) return { writes }
  const { codes, write } = newRecoveryCodes(userId, now)
  return { writes: [...writes, write], recoveryCodes: codes }
}
