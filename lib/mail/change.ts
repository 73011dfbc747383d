import type { Acr } from '../users/factors.ts'
import { addressIn, newMailId } from './confirmation.ts'

/** The changes of an account that need a proof. What a proof was made for is all that it proves. */
export const CHANGES = [
  'address',
  'passkey',
  'app',
  'removal',
  'recovery-codes',
  'identities',
  'locale',
  'deletion',
] as const

export type Change = (typeof CHANGES)[number]

/** Whether a text names a change of an account. */
const isChange = (text: string): text is Change => CHANGES.some((change) => change === text)

/** What a code by mail proves: one change, in one session. */
export interface AskedChange {
  change: Change
  sessionId: string
  /** With `aal2`, the user had signed in with two factors in the last minutes, when the mail was asked for. */
  acr: Acr
}

/**
 * Returns the id of a mail that proves a change. The item of the mail has a hash of its id as key, so a client cannot have the code count
 * for another change.
 *
 * @param random - `MAIL_ID_BYTES` fresh random bytes.
 */
export const newChangeMailId = (random: Buffer, { change, sessionId, acr }: AskedChange): string =>
  newMailId(random, `${change} ${sessionId} ${acr}`)

/** Returns what a mail proves, or `undefined` if its id is not one of {@link newChangeMailId}. */
export function changeIn(mailId: string): AskedChange | undefined {
  const [change = '', sessionId = '', acr, ...more] = addressIn(mailId).split(' ')
  const isAsked = isChange(change) && sessionId !== '' && (acr === 'aal1' || acr === 'aal2')
  return isAsked && more.length === 0 ? { change, sessionId, acr } : undefined
}
