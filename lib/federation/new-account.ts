import { randomBytes } from 'node:crypto'
import { FIRST_ROLE } from '../application/roles.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { byUser } from '../events/event.ts'
import { addressIn } from '../mail/confirmation.ts'
import { spend } from '../mail/store.ts'
import { verifyProof } from '../mail/verify.ts'
import { DECOY_HASH } from '../passwords/hash.ts'
import { requireAllowedDomain } from '../registration/domains.ts'
import { confirmedNames, refusedName } from '../registration/new-account.ts'
import { identityUsernameCounter } from '../throttling/counter.ts'
import { judgeAttempt, type ReservingTable, rejectIfRefused, reserveAttempt } from '../throttling/store.ts'
import { isEmail, isNewLoginName } from '../users/login-name.ts'
import { createUserBy } from '../users/names.ts'
import { isNameTaken } from '../users/store.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../users/user.ts'
import { identityIdOf, linkWrites } from './identity.ts'
import { closedText, identityRefusal, takenText } from './identity-refusals.ts'
import { identityOf } from './link.ts'
import { type Pending, spendPending } from './pending.ts'

/** The choices of a person who creates an account with an identity. */
export interface Choices {
  username?: string | undefined
  /** The mail of `POST /register` and its code, for an address that the provider does not prove. */
  mailId?: string | undefined
  code?: string | undefined
  /** The language of the service that the person's browser asks for. */
  locale?: string | undefined
}

/** A proved address, in the spelling of its owner. */
interface Address {
  email: string
  /** The mail that proved it; without one, the provider runs the mailbox. */
  mailId?: string
}

type Creating = At<'REGISTRATION' | 'ALLOWED_EMAIL_DOMAINS', ReservingTable>

/** Domains whose addresses forward mails. A person cannot type such an address, so it is no username. */
const RELAYS = ['privaterelay.appleid.com', 'private.icloud.com']

/**
 * Creates the account of a verified identity that no user has. It has no password: the user chooses one by a mail.
 *
 * @throws {@link ServiceError} `forbidden`, if registration is not open; `invalid_fields`; `invalid_link`, if the code is wrong;
 *   `invalid_credentials` with `identity_expired`; `too_many_attempts`; `unavailable`.
 */
export async function createAccount(at: Creating, pending: Pending, choices: Choices): Promise<User> {
  const { config, now } = at
  if (config.REGISTRATION !== 'open') {
    const detail = closedText(pending.providerName)
    throw new ServiceError('forbidden', 'registration is not open', { detail })
  }
  const { email, mailId } = await provedAddress(at, pending, choices)
  requireAllowedDomain(email, config.ALLOWED_EMAIL_DOMAINS, mailId === undefined ? '#' : '#/mailId')
  if (choices.username === undefined && RELAYS.includes(domainOf(email))) {
    throw refusedName('#/username', 'Choose a username.', 'required')
  }
  const names = confirmedNames(email, choices.username)
  const values = { ...names, role: FIRST_ROLE, locale: choices.locale, passwordHash: DECOY_HASH }
  const user = newUser(values, now, randomBytes(USER_RANDOM_BYTES))
  await storeAccount(at, user, pending, mailId)
  return user
}

/**
 * Returns the address of a new account. Other addresses of the provider only fill in a form, and are never looked up: another person
 * may have the mailbox.
 */
async function provedAddress(
  { table, origin, now }: Creating,
  { email = '', isProven }: Pending,
  { mailId, code }: Choices,
): Promise<Address> {
  if (mailId !== undefined && code !== undefined) {
    const proof = { mailId, code, sourceIp: origin.sourceIp }
    const proved = await verifyProof(table, ['registration'], proof, now)
    return { email: addressIn(proved.mailId), mailId: proved.mailId }
  }
  if (isProven && isEmail(email) && isNewLoginName(email)) return { email }
  throw refusedName('#/code', 'Confirm your address by the code of a mail.', 'required')
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase()

/**
 * Stores the user with its identity, and spends what proved both, in one transaction. An identity has ten tries a day at taken
 * names. They are counted before the names are read.
 */
async function storeAccount(
  at: Creating,
  user: User,
  pending: Pending,
  mailId: string | undefined,
): Promise<void> {
  const { table, now } = at
  const counter = identityUsernameCounter(identityIdOf(pending), now)
  rejectIfRefused(
    await reserveAttempt(table, [counter], user.changeId, now),
    'too_many_attempts',
    'too many usernames of an identity',
    { event: 'provider.throttled', log: { provider: pending.provider } },
  )
  const more = [
    ...linkWrites(user.id, identityOf(pending, now)),
    ...spendPending(pending, now),
    ...(mailId === undefined ? [] : [spend(mailId, now)]),
  ]
  const outcome = await createUserBy(table, user, { ref: pending.provider, more }, byUser(at, user.id))
  if (outcome === 'done') return
  // The username or the address is taken. Both count.
  judgeAttempt(table, user.changeId, () => true)
  if (outcome === 'changed')
    throw identityRefusal('identity_expired', 'an account has the identity, or a proof is spent')
  if (await isNameTaken(table, String(user.email))) {
    const { providerName: provider } = pending
    throw refusedName('#', takenText(provider), 'taken', { provider })
  }
  throw refusedName('#/username', 'This username is taken.')
}
