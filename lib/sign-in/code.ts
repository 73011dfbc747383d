import { hash, randomBytes } from 'node:crypto'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import type { ServiceError } from '../errors.ts'
import { hashRecoveryCode, readRecoveryCode } from '../factors/recovery-codes/recovery-codes.ts'
import { findRecoveryCodes, spendRecoveryCode } from '../factors/recovery-codes/store.ts'
import { wrongCode } from '../factors/refusals.ts'
import { decryptSecret } from '../factors/totp/secret.ts'
import { findTotp, spendStep } from '../factors/totp/store.ts'
import { stepOfCode } from '../factors/totp/totp.ts'
import { notify } from '../mail/request.ts'
import type { Counter } from '../throttling/counter.ts'
import { totpCounter } from '../throttling/factor-counters.ts'
import { sourceOf, truncatedSource } from '../throttling/source.ts'
import { judgeAttempt, type ReservingTable, rejectIfRefused, reserveAttempt } from '../throttling/store.ts'
import type { BegunLogin } from './begun.ts'
import type { FactorSignIn } from './factor.ts'
import { reserveTry } from './login-token.ts'

const ATTEMPT_ID_BYTES = 8

/** The writes that spend a verified code when it completes a sign-in. */
type Spending = Pick<FactorSignIn, 'spends'>

/**
 * Verifies the code of an authenticator app for a begun sign-in. Spends nothing.
 *
 * The attempt is reserved before the code is compared: by login token, and by user over all login tokens and
 * sources. So an attacker with the password cannot guess codes, even with many requests at once. Strangers
 * cannot fill either counter, because a login token needs a correct password.
 *
 * @throws {@link ServiceError} `invalid_fields` at `#/code`; `invalid_credentials`, if the tries of the login token are used up;
 *   `too_many_attempts`, or `unavailable`.
 */
export async function verifyTotpCode(
  at: At<'FACTOR_KEY' | 'MAILER', ReservingTable>,
  { login, user }: BegunLogin,
  code: string,
): Promise<Spending> {
  const { table, config, origin, now } = at
  const { id: userId } = user
  const log = { userId, factor: 'totp', source: truncatedSource(sourceOf(origin.sourceIp)) }
  const [totp] = await together([findTotp(table, userId), reserveTry(table, login, now)])
  if (totp === undefined) throw wrongCode('the user has no authenticator app', log)
  // Decrypted before the attempt of the user is reserved, so an outage of KMS counts no attempt.
  const secret = await decryptSecret(table.aws, config.FACTOR_KEY, userId, totp.ciphertext)

  const id = randomBytes(ATTEMPT_ID_BYTES).toString('base64url')
  const counter = totpCounter(userId, now)
  const reservation = await reserveAttempt(table, [counter], id, now)
  rejectIfRefused(reservation, 'too_many_attempts', 'too many codes', { log, event: 'factor.limited' })

  const step = stepOfCode(secret, code, totp.lastStep, now)
  if (step === undefined) {
    if (reservation.attempts.flat().length >= counter.maxAttempts) {
      await notify(at, 'totp-limited', user, noticeIdOf(counter))
    }
    throw wrongCode('wrong code of an authenticator app', log)
  }
  // After a correct code, only one failure is a verdict: if another request has spent the code, it counts as
  // wrong.
  judgeAttempt(table, id, isWrongCode)
  return {
    spends: [
      {
        write: spendStep(userId, totp, step),
        refusal: () => wrongCode('the code was used meanwhile', log),
      },
    ],
  }
}

const isWrongCode = ({ code }: ServiceError): boolean => code === 'invalid_fields'

/**
 * Id of the notice that a counter is full. The mailer sends it once, even if the counter is emptied and full
 * again.
 */
const noticeIdOf = ({ key }: Counter): string => hash('sha256', `${key.pk.S} ${key.sk.S}`, 'base64url')

/**
 * Verifies a recovery code for a begun sign-in. Spends nothing. Only the login token counts tries: 80 random
 * bits cannot be guessed. A user whose other factors are refused must still be able to sign in.
 *
 * @param typed - The code that the user has typed.
 * @throws {@link ServiceError} `invalid_fields` at `#/code`; `invalid_credentials`, if the tries of the login token are used up,
 *   or `unavailable`.
 */
export async function verifyRecoveryCode(
  { table, origin, now }: Omit<At<never, ReservingTable>, 'config'>,
  { login, user }: BegunLogin,
  typed: string,
): Promise<Spending> {
  const { id: userId } = user
  const log = { userId, factor: 'recovery-code', source: truncatedSource(sourceOf(origin.sourceIp)) }
  const [hashes] = await together([findRecoveryCodes(table, userId), reserveTry(table, login, now)])
  const codeHash = hashRecoveryCode(userId, readRecoveryCode(typed) ?? '')
  if (!hashes.includes(codeHash)) throw wrongCode('wrong recovery code', log)
  return {
    spends: [
      {
        write: spendRecoveryCode(userId, codeHash),
        refusal: () => wrongCode('the recovery code was used meanwhile', log),
      },
    ],
  }
}
