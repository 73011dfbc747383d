import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { findKnownSource } from '../throttling/known-sources.ts'
import { mailboxOf, verifiedMailboxOf } from '../users/user.ts'
import { changeIn } from './change.ts'
import {
  addressIn,
  CONFIRMATION_RANDOM_BYTES,
  type ConfirmationDetails,
  type ConfirmationKind,
  startConfirmation,
  withoutCode,
} from './confirmation.ts'
import type { MailEvent, NoticeKind } from './event.ts'
import { cancellableSeconds, findFactorReset, isOfRole } from './factor-reset.ts'
import type { Message } from './look/render.ts'
import { findRecipient, findRecipientByName, type Recipient } from './recipient.ts'
import { isInvited } from './store.ts'
import { accountExists } from './texts/account-exists.ts'
import { address } from './texts/address.ts'
import { cancelReset } from './texts/cancel-reset.ts'
import { change } from './texts/change.ts'
import { enrolment } from './texts/enrolment.ts'
import type { Facts } from './texts/facts.ts'
import { invitation } from './texts/invitation.ts'
import { NOTICES } from './texts/notices.ts'
import { offlineAccess } from './texts/offline-access.ts'
import { registration } from './texts/registration.ts'
import { reset } from './texts/reset.ts'
import { signIn } from './texts/sign-in.ts'
import {
  type MailingService,
  messageFor,
  newReader,
  type PlannedMail,
  type Planning,
  pageIn,
  type Reader,
  readerOf,
  writtenMail,
} from './written.ts'

const CONFIRMATIONS: Record<Exclude<ConfirmationKind, 'change'>, (facts: Facts) => Message> = {
  registration,
  invitation,
  'sign-in': signIn,
  reset,
  address,
  enrolment,
  'cancel-reset': cancelReset,
}

/** The event of a kind. */
type EventOf<K extends MailEvent['kind']> = MailEvent & { kind: K }

/**
 * Returns the mail of an event, or `undefined` if no mail follows. Only here does a request for a mail depend
 * on which users exist: its client has already got the response (docs/decisions/0096).
 *
 * @throws {@link ServiceError} `unavailable`. Error, if an invitation is not stored.
 */
export async function planMail(
  table: Table,
  event: MailEvent,
  { name: service, factorResetDelaySeconds: delaySeconds, ...shared }: MailingService,
  now: Date,
): Promise<PlannedMail | undefined> {
  const { at, origin } = event
  const { publicUrl } = shared
  const site = new URL(publicUrl).origin
  const planning = { ...shared, table, facts: { service, at, origin, site, delaySeconds }, now }
  const plan = PLANS[event.kind as keyof typeof PLANS] as Plan<MailEvent> | undefined
  if (plan) return plan(event, planning)
  const { kind, to, username, locale, identity } = event as EventOf<NoticeKind>
  return writtenMail(readerOf(to, { username, locale }), planning, NOTICES[kind], { identity })
}

type Plan<E> = (event: E, planning: Planning) => Promise<PlannedMail | undefined>

/** The plan of each kind of mail. A notice has none: its event says to whom it goes. */
const PLANS: { [K in Exclude<MailEvent['kind'], NoticeKind>]: Plan<EventOf<K>> } = {
  registration: planRegistration,

  invitation: planRegistration,

  async 'sign-in'(event, planning) {
    const { table, facts, mayRegister, now } = planning
    const typed = addressIn(event.mailId)
    const email = typed.toLowerCase()
    const user = await findRecipientByName(table, email)
    if (!user && !mayRegister?.(typed)) return undefined
    if (!user) return confirmNew({ ...event, kind: 'registration' }, planning)
    const to = user.email === email && verifiedMailboxOf(user)
    // An import or an operator may have typed the address of another person. A reset ends the sessions and sends a notice.
    if (!to || user.disabled) return tellOwner(planning, user)
    const asked = { loginName: email, userId: user.id, sourceIp: facts.origin?.sourceIp }
    const knownSource = await findKnownSource(table, asked, now)
    return { ...confirm(planning, readerOf(to, user), boundTo(user, event)), knownSource }
  },

  async reset(event, planning) {
    const user = await findRecipientByName(planning.table, event.loginName)
    const to = user && mailboxOf(user)
    // Of an administrator's mail: the user has been promoted or renamed since, or another one has the name.
    const isOther = event.generation !== undefined && event.generation !== user?.generation
    if (!user || !to || user.disabled || isOther) return undefined
    const providers = await planning.providersOf?.(planning.table, user.id)
    const facts = { ...planning.facts, providers }
    return confirm({ ...planning, facts }, readerOf(to, user), boundTo(user, event))
  },

  async address(event, planning) {
    const to = addressIn(event.mailId)
    const user = await findRecipient(planning.table, event.userId)
    if (!user || user.disabled || user.generation !== event.generation) return undefined
    const owner = await findRecipientByName(planning.table, to.toLowerCase())
    if (owner && owner.id !== user.id) return tellOwner(planning, owner)
    return confirm(planning, readerOf(to, user), boundTo(user, event))
  },

  async enrolment(event, planning) {
    const user = await findRecipient(planning.table, event.userId)
    const to = user && verifiedMailboxOf(user)
    if (!user || !to || user.disabled || user.generation !== event.generation) return undefined
    return confirm(planning, readerOf(to, user), boundTo(user, event))
  },

  async change(event, planning) {
    const asked = changeIn(event.mailId)
    const user = await findRecipient(planning.table, event.userId)
    const to = user && verifiedMailboxOf(user)
    if (!asked || !user || !to || user.disabled || user.generation !== event.generation) return undefined
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, code } = startConfirmation(boundTo(user, event), planning.now, random)
    return { ...writtenMail(readerOf(to, user), planning, change(asked.change), { code }), confirmation }
  },

  async 'factor-reset'({ mailId, userId }, planning) {
    const { table, facts } = planning
    const user = await findRecipient(table, userId)
    const to = user && verifiedMailboxOf(user)
    const reset = await findFactorReset(table, userId)
    // A right to invoke the mailer must not be a right to announce a reset: only operators store one. It
    // may also be cancelled already, or the user has another role.
    if (!user || !to || reset?.mailId !== mailId || !isOfRole(reset, user)) return undefined
    const linkTtlSeconds = cancellableSeconds(facts.delaySeconds)
    const details = { kind: 'cancel-reset', mailId, bindings: { userId }, linkTtlSeconds } as const
    return confirm(planning, readerOf(to, user), details)
  },

  async 'offline-access'({ userId, app }, planning) {
    const user = await findRecipient(planning.table, userId)
    const to = user && verifiedMailboxOf(user)
    if (!user || !to || user.disabled) return undefined
    const reader = readerOf(to, user)
    const link = pageIn(reader.language, `${planning.publicUrl}/account`)
    return writtenMail(reader, planning, offlineAccess, { app, link })
  },
}

/** Plans the mail to the address of a new user. */
async function planRegistration(
  event: EventOf<'registration' | 'invitation'>,
  planning: Planning,
): Promise<PlannedMail | undefined> {
  const { kind, mailId } = event
  const owner = await findRecipientByName(planning.table, addressIn(mailId).toLowerCase())
  if (owner) return tellOwner(planning, owner)
  // A right to invoke the mailer must not be a right to invite: only operators store invitations.
  if (kind === 'invitation' && !(await isInvited(planning.table, mailId))) {
    throw new Error('no operator stored this invitation')
  }
  return confirmNew(event, planning)
}

/** Returns the mail to an address that no user has. */
function confirmNew(
  { kind, mailId, language }: EventOf<'registration' | 'invitation'>,
  planning: Planning,
): PlannedMail {
  const reader = newReader(addressIn(mailId), language)
  return confirm(planning, reader, { kind, mailId, bindings: {} })
}

/**
 * Binds a confirmation to the state of its user. Nothing else of the event counts: the right to invoke the mailer is no right to bind
 * a mail to another user.
 */
const boundTo = <K extends ConfirmationKind>(
  { id: userId, generation, email }: Recipient,
  { kind, mailId }: { kind: K; mailId: string },
): ConfirmationDetails & { kind: K } => ({ kind, mailId, bindings: { userId, generation, email } })

/** Returns a mail that asks to confirm something. */
function confirm(
  planning: Planning,
  reader: Reader,
  details: ConfirmationDetails & { kind: Exclude<ConfirmationKind, 'change'> },
): PlannedMail {
  const { kind } = details
  const { to, language } = reader
  const { publicUrl, facts, now } = planning
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation, token, code } = startConfirmation(details, now, random)
  const link = `${pageIn(language, `${publicUrl}/confirm`)}#${kind}=${token}`
  const messageWith = (code?: string) => messageFor(reader, planning, CONFIRMATIONS[kind], { link, code })
  const codeless = { message: messageWith(), confirmation: withoutCode(confirmation) }
  // A code is valid only with the mail id, which the recipient of an operator's mail does not have.
  if (facts.origin === undefined) return { to, language, ...codeless }
  return { to, language, message: messageWith(code), confirmation, withoutCode: codeless }
}

/** Returns the mail to the owner of an address that another client asked to confirm. */
async function tellOwner(planning: Planning, owner: Recipient): Promise<PlannedMail | undefined> {
  const to = mailboxOf(owner)
  // This mail offers a new password, which a disabled user cannot choose.
  if (to === undefined || owner.disabled) return undefined
  const providers = await planning.providersOf?.(planning.table, owner.id)
  return writtenMail(readerOf(to, owner), planning, accountExists, { providers })
}
