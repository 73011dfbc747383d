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
  /** Address in the spelling of its owner. */
  to: string
  message: Message
  /** The confirmation that it requests; missing for a notice. */
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

/** The service in the texts of mails. */
export interface MailingService {
  /** Name for its users. */
  name: string
  /** Base URL of the pages that links open. */
  publicUrl: string
  /** Time between the mail of a reset of second factors and its effect. */
  factorResetDelaySeconds: number
}

/**
 * Returns the mail of an event, or `undefined` if no mail follows. Only here does a request for a mail depend
 * on which users exist: its client has already got the response (docs/decisions/0096).
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
    // A code is valid only with the mail id, which the recipient of an operator's mail does not have.
    if (origin === undefined) return { to, ...codeless }
    return { to, message: messageWith(code), confirmation, withoutCode: codeless }
  }
  const tellOwner = (owner: Recipient): PlannedMail | undefined => {
    const to = mailboxOf(owner)
    // This mail offers a new password, which a disabled user cannot choose.
    if (to === undefined || owner.disabled) return undefined
    return { to, message: accountExists({ ...facts, username: owner.username }) }
  }

  switch (event.kind) {
    case 'registration':
    case 'invitation': {
      const to = addressIn(event.mailId)
      const owner = await findRecipientByName(table, to.toLowerCase())
      if (owner !== undefined) return tellOwner(owner)
      // A right to invoke the mailer must not be a right to invite: only operators store invitations.
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
      // A right to invoke the mailer must not be a right to announce a reset: only operators store one. It
      // may also be cancelled already.
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
