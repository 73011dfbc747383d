import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { mailboxOf } from '../users/user.ts'
import {
  addressIn,
  type Bindings,
  CONFIRMATION_RANDOM_BYTES,
  type Confirmation,
  type ConfirmationKind,
  startConfirmation,
  withoutCode,
} from './confirmation.ts'
import type { MailEvent } from './event.ts'
import { findRecipient, findRecipientByName, type Recipient } from './recipient.ts'
import type { Message } from './render.ts'
import { isInvited } from './store.ts'
import { accountExists } from './texts/account-exists.ts'
import { address } from './texts/address.ts'
import type { Facts } from './texts/facts.ts'
import { invitation } from './texts/invitation.ts'
import { NOTICES } from './texts/notices.ts'
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
}

/**
 * Returns the mail that an event leads to, or `undefined` if it leads to none. Only here does a request for a mail
 * depend on who exists: its client has had its response already.
 *
 * @param publicUrl - Base URL of the pages that links open.
 * @throws {@link ServiceError} `unavailable`. Error, if an invitation is not stored.
 */
export async function planMail(
  table: Table,
  event: MailEvent,
  service: string,
  publicUrl: string,
  now: Date,
): Promise<PlannedMail | undefined> {
  const facts = { service, at: event.at, origin: event.origin, forgotUrl: `${publicUrl}/forgot` }

  const confirm = (
    kind: ConfirmationKind,
    requestId: string,
    to: string,
    bindings: Bindings,
    user?: Recipient,
  ): PlannedMail => {
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, token, code } = startConfirmation(kind, requestId, bindings, now, random)
    const link = `${publicUrl}/confirm#${kind}=${token}`
    const messageWith = (code?: string) =>
      CONFIRMATIONS[kind]({ ...facts, link, code, username: user?.username })
    const codeless = { message: messageWith(), confirmation: withoutCode(confirmation) }
    // A code works with the request id only, which the recipient of an operator's mail does not have.
    if (event.origin === undefined) return { to, ...codeless }
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
      const to = addressIn(event.requestId)
      const owner = await findRecipientByName(table, to.toLowerCase())
      if (owner !== undefined) return tellOwner(owner)
      // Who may invoke the mailer must not be able to invite: only operators store invitations.
      if (event.kind === 'invitation' && !(await isInvited(table, event.requestId))) {
        throw new Error('no operator stored this invitation')
      }
      return confirm(event.kind, event.requestId, to, {})
    }
    case 'reset': {
      const user = await findRecipientByName(table, event.loginName)
      const to = user && mailboxOf(user)
      if (user === undefined || user.disabled || to === undefined) return undefined
      const { id: userId, generation, email } = user
      return confirm('reset', event.requestId, to, { userId, generation, email }, user)
    }
    case 'address': {
      const to = addressIn(event.requestId)
      const user = await findRecipient(table, event.userId)
      if (user === undefined || user.disabled || user.generation !== event.generation) return undefined
      const owner = await findRecipientByName(table, to.toLowerCase())
      if (owner !== undefined && owner.id !== user.id) return tellOwner(owner)
      const { id: userId, generation, email } = user
      return confirm('address', event.requestId, to, { userId, generation, email }, user)
    }
    default:
      return { to: event.to, message: NOTICES[event.kind]({ ...facts, username: event.username }) }
  }
}
