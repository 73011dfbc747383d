import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { mailboxOf, verifiedMailboxOf } from '../users/user.ts'
import {
  addressIn,
  CONFIRMATION_RANDOM_BYTES,
  type Confirmation,
  type ConfirmationDetails,
  type ConfirmationKind,
  startConfirmation,
  withoutCode,
} from './confirmation.ts'
import type { MailEvent } from './event.ts'
import { cancellableSeconds, findFactorReset } from './factor-reset.ts'
import { findRecipient, findRecipientByName, type Recipient } from './recipient.ts'
import type { Message } from './render.ts'
import { isInvited } from './store.ts'
import { accountExists } from './texts/account-exists.ts'
import { address } from './texts/address.ts'
import { cancelReset } from './texts/cancel-reset.ts'
import { enrolment } from './texts/enrolment.ts'
import type { Facts } from './texts/facts.ts'
import { invitation } from './texts/invitation.ts'
import { NOTICES } from './texts/notices.ts'
import { offlineAccess } from './texts/offline-access.ts'
import { registration } from './texts/registration.ts'
import { reset } from './texts/reset.ts'

/** A mail to send. */
export interface PlannedMail {
  /** As its owner writes it. */
  to: string
  message: Message
  /** What it asks to confirm; missing for a notice. */
  confirmation?: Confirmation
  /** The same mail without its code, if it has one. */
  withoutCode?: Pick<PlannedMail, 'message' | 'confirmation'>
}

const CONFIRMATIONS: Record<ConfirmationKind, (facts: Facts) => Message> = {
  registration,
  invitation,
  reset,
  address,
  enrolment,
  'cancel-reset': cancelReset,
}

/** The service that mails are of. */
export interface MailingService {
  /** As its users know it. */
  name: string
  /** Base URL of the pages that links open. */
  publicUrl: string
  /** Time between the mail of a reset of second factors and its effect. */
  factorResetDelaySeconds: number
}

/**
 * Returns the mail that an event leads to, or `undefined` if it leads to none. Only here does a request for a mail
 * depend on who exists: its client has had its response already.
 *
 * @throws {@link ServiceError} `unavailable`. Error, if an invitation is not stored.
 */
export async function planMail(
  table: Table,
  event: MailEvent,
  { name: service, publicUrl, factorResetDelaySeconds: delaySeconds }: MailingService,
  now: Date,
): Promise<PlannedMail | undefined> {
  const { at, origin } = event
  const facts = { service, at, origin, forgotUrl: `${publicUrl}/forgot`, delaySeconds }

  const confirm = (to: string, details: ConfirmationDetails, user?: Recipient): PlannedMail => {
    const { kind } = details
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, token, code } = startConfirmation(details, now, random)
    const link = `${publicUrl}/confirm#${kind}=${token}`
    const messageWith = (code?: string) =>
      CONFIRMATIONS[kind]({ ...facts, link, code, username: user?.username })
    const codeless = { message: messageWith(), confirmation: withoutCode(confirmation) }
    // A code works with the mail id only, which the recipient of an operator's mail does not have.
    if (origin === undefined) return { to, ...codeless }
    return { to, message: messageWith(code), confirmation, withoutCode: codeless }
  }
  const tellOwner = (owner: Recipient): PlannedMail | undefined => {
    const to = mailboxOf(owner)
    // A disabled user could not choose a new password, which this mail offers.
    if (to === undefined || owner.disabled) return undefined
    return { to, message: accountExists({ ...facts, username: owner.username }) }
  }

  switch (event.kind) {
    case 'registration':
    case 'invitation': {
      const to = addressIn(event.mailId)
      const owner = await findRecipientByName(table, to.toLowerCase())
      if (owner !== undefined) return tellOwner(owner)
      // Who may invoke the mailer must not be able to invite: only operators store invitations.
      if (event.kind === 'invitation' && !(await isInvited(table, event.mailId))) {
        throw new Error('no operator stored this invitation')
      }
      return confirm(to, { kind: event.kind, mailId: event.mailId, bindings: {} })
    }
    case 'reset': {
      const user = await findRecipientByName(table, event.loginName)
      const to = user && mailboxOf(user)
      if (user === undefined || user.disabled || to === undefined) return undefined
      const { id: userId, generation, email } = user
      const bindings = { userId, generation, email }
      return confirm(to, { kind: 'reset', mailId: event.mailId, bindings }, user)
    }
    case 'address': {
      const to = addressIn(event.mailId)
      const user = await findRecipient(table, event.userId)
      if (user === undefined || user.disabled || user.generation !== event.generation) return undefined
      const owner = await findRecipientByName(table, to.toLowerCase())
      if (owner !== undefined && owner.id !== user.id) return tellOwner(owner)
      const { id: userId, generation, email } = user
      const bindings = { userId, generation, email }
      return confirm(to, { kind: 'address', mailId: event.mailId, bindings }, user)
    }
    case 'enrolment': {
      const user = await findRecipient(table, event.userId)
      const to = user && verifiedMailboxOf(user)
      if (user === undefined || user.disabled || to === undefined) return undefined
      if (user.generation !== event.generation) return undefined
      const { id: userId, generation, email } = user
      const bindings = { userId, generation, email }
      return confirm(to, { kind: 'enrolment', mailId: event.mailId, bindings }, user)
    }
    case 'factor-reset': {
      const { mailId, userId } = event
      const user = await findRecipient(table, userId)
      const to = user && verifiedMailboxOf(user)
      const reset = await findFactorReset(table, userId)
      // Who may invoke the mailer must not be able to announce a reset: only operators store one. It may be cancelled by now.
      if (user === undefined || to === undefined || reset?.mailId !== mailId) return undefined
      const linkTtlSeconds = cancellableSeconds(delaySeconds)
      return confirm(to, { kind: 'cancel-reset', mailId, bindings: { userId }, linkTtlSeconds }, user)
    }
    case 'offline-access': {
      const user = await findRecipient(table, event.userId)
      const to = user && verifiedMailboxOf(user)
      if (user === undefined || user.disabled || to === undefined) return undefined
      const { username } = user
      return {
        to,
        message: offlineAccess({ ...facts, username, app: event.app, link: `${publicUrl}/account` }),
      }
    }
    default:
      return { to: event.to, message: NOTICES[event.kind]({ ...facts, username: event.username }) }
  }
}
