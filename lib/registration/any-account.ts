import { randomBytes } from 'node:crypto'
import type { At } from '../context.ts'
import type { CreationResponse } from '../factors/passkeys/ceremony.ts'
import { addressIn } from '../mail/confirmation.ts'
import type { ProofFields } from '../mail/verify.ts'
import { DECOY_HASH } from '../passwords/hash.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { AMR, type Amr } from '../users/factors.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../users/user.ts'
import { confirmedNames, storeUser, verifyMail } from './new-account.ts'
import { verifyPasskeyOfNewUser } from './new-passkey.ts'
import { hashNewPassword } from './password.ts'

/** The choices of a person who creates an account: at most one of password and passkey. */
interface Choices extends ProofFields {
  username?: string | undefined
  password?: string | undefined
  /** A new passkey, in place of a password. */
  response?: CreationResponse | undefined
  /** The language of the service that the person's browser asks for. */
  locale?: string | undefined
}

/** A new user, and the sign-in that follows. */
interface NewAccount {
  user: User
  amr: Amr
  /** With a passkey. They are shown once. */
  recoveryCodes: string[] | undefined
}

type Creating = At<'BREACHED_PASSWORDS' | 'RP_ID' | 'RP_ORIGINS', ReservingTable>

/**
 * Creates the account of a confirmed address, with a password, with a passkey, or with neither. A refusal spends nothing.
 *
 * @throws {@link ServiceError} `invalid_link`; `invalid_fields`; `invalid_credentials`, with the detail of a refused passkey;
 *   `too_many_attempts`; `unavailable`.
 */
export async function createAnyAccount(arrival: Creating, choices: Choices): Promise<NewAccount> {
  const { table, origin } = arrival
  const { username, password, response, locale, ...proof } = choices
  const { mailId, role } = await verifyMail(table, proof, origin.sourceIp, arrival.now)
  const names = confirmedNames(addressIn(mailId), username)
  const passwordHash =
    password === undefined ? DECOY_HASH : await hashNewPassword(password, names, arrival.config)
  const at = { ...arrival, now: new Date() }
  const passkey = response && (await verifyPasskeyOfNewUser(at, mailId, response))
  const values = { ...names, role, locale, passwordHash, ...passkey?.profile }
  const user = newUser(values, at.now, randomBytes(USER_RANDOM_BYTES))
  await storeUser(at, user, mailId, passkey?.writes)
  const first = password === undefined ? AMR.mail : AMR.password
  return { user, amr: passkey ? AMR.passkey : first, recoveryCodes: passkey?.recoveryCodes }
}
