import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { findKnownSource } from '../throttling/known-sources.ts'
import { mailboxOf, verifiedMailboxOf } from '../users/user.ts'
import { changeIn } from './change.ts'
import {
  addressIn,
  CONFIRMATION_RANDOM_BYTES,
  type Confirmation,
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

/** A mail to send. */
export interface PlannedMail {
  /** Address in the spelling of its owner. */
  to: string
  message: Message
  /** The confirmation that it requests; missing for a notice. */
  confirmation?: Confirmation
  /** The same mail without its code, if it has one. */
  withoutCode?: Pick<PlannedMail, 'message' | 'confirmation'>
  /** The source of the request, if the user has signed in from it before. Its sign-in mails count apart. */
  knownSource?: string | undefined
}

const CONFIRMATIONS: Record<Exclude<ConfirmationKind, 'change'>, (facts: Facts) => Message> = {
  registration,
  invitation,
  'sign-in': signIn,
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
  /** Finds the names of the providers that a user signs in with; missing without federation. */
  providersOf?: ProvidersOf | undefined
  /** Whether an address that no user has gets an account by a mail for a sign-in; missing without such mails. */
  mayRegister?: ((address: string) => boolean) | undefined
}

/** Finds the names of the providers that a user signs in with. */
export type ProvidersOf = (table: Table, userId: string) => Promise<string[]>

/** The event of a kind. */
type EventOf<K extends MailEvent['kind']> = MailEvent & { kind: K }

/** Values that the plans of all kinds share. */
interface Planning extends Pick<MailingService, 'publicUrl' | 'providersOf' | 'mayRegister'> {
  table: Table
  facts: Facts & { delaySeconds: number }
  now: Date
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
  { name: service, factorResetDelaySeconds: delaySeconds, ...shared }: MailingService,
  now: Date,
): Promise<PlannedMail | undefined> {
  const { at, origin } = event
  const { publicUrl } = shared
  const site = new URL(publicUrl).origin
  const facts = { service, at, origin, forgotUrl: `${publicUrl}/forgot`, site, delaySeconds }
  const plan = PLANS[event.kind as keyof typeof PLANS] as Plan<MailEvent> | undefined
  if (plan) return plan(event, { ...shared, table, facts, now })
  const { kind, to, username, identity } = event as EventOf<NoticeKind>
  return { to, message: NOTICES[kind]({ ...facts, username, identity }) }
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
    if (!user) return confirm(planning, typed, { kind: 'registration', mailId: event.mailId, bindings: {} })
    const to = user.email === email && verifiedMailboxOf(user)
    // An import or an operator may have typed the address of another person. A reset ends the sessions and sends a notice.
    if (!to || user.disabled) return tellOwner(planning, user)
    const asked = { loginName: email, userId: user.id, sourceIp: facts.origin?.sourceIp }
    const knownSource = await findKnownSource(table, asked, now)
    return { ...confirm(planning, to, boundTo(user, event), user), knownSource }
  },

  async reset(event, planning) {
    const user = await findRecipientByName(planning.table, event.loginName)
    const to = user && mailboxOf(user)
    // Of an administrator's mail: the user has been promoted or renamed since, or another one has the name.
    const isOther = event.generation !== undefined && event.generation !== user?.generation
    if (!user || !to || user.disabled || isOther) return undefined
    const providers = await planning.providersOf?.(planning.table, user.id)
    const facts = { ...planning.facts, providers }
    return confirm({ ...planning, facts }, to, boundTo(user, event), user)
  },

  async address(event, planning) {
    const to = addressIn(event.mailId)
    const user = await findRecipient(planning.table, event.userId)
    if (!user || user.disabled || user.generation !== event.generation) return undefined
    const owner = await findRecipientByName(planning.table, to.toLowerCase())
    if (owner && owner.id !== user.id) return tellOwner(planning, owner)
    return confirm(planning, to, boundTo(user, event), user)
  },

  async enrolment(event, planning) {
    const user = await findRecipient(planning.table, event.userId)
    const to = user && verifiedMailboxOf(user)
    if (!user || !to || user.disabled || user.generation !== event.generation) return undefined
    return confirm(planning, to, boundTo(user, event), user)
  },

  async change(event, planning) {
    const asked = changeIn(event.mailId)
    const user = await findRecipient(planning.table, event.userId)
    const to = user && verifiedMailboxOf(user)
    if (!asked || !user || !to || user.disabled || user.generation !== event.generation) return undefined
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, code } = startConfirmation(boundTo(user, event), planning.now, random)
    const message = change(asked.change)({ ...planning.facts, username: user.username, code })
    return { to, message, confirmation }
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
    return confirm(planning, to, { kind: 'cancel-reset', mailId, bindings: { userId }, linkTtlSeconds }, user)
  },

  async 'offline-access'({ userId, app }, { table, publicUrl, facts }) {
    const user = await findRecipient(table, userId)
    const to = user && verifiedMailboxOf(user)
    if (!user || !to || user.disabled) return undefined
    const { username } = user
    return { to, message: offlineAccess({ ...facts, username, app, link: `${publicUrl}/account` }) }
  },
}

/** Plans the mail to the address of a new user. */
async function planRegistration(
  { kind, mailId }: EventOf<'registration' | 'invitation'>,
  planning: Planning,
): Promise<PlannedMail | undefined> {
  const to = addressIn(mailId)
  const owner = await findRecipientByName(planning.table, to.toLowerCase())
  if (owner) return tellOwner(planning, owner)
  // A right to invoke the mailer must not be a right to invite: only operators store invitations.
  if (kind === 'invitation' && !(await isInvited(planning.table, mailId))) {
    throw new Error('no operator stored this invitation')
  }
  return confirm(planning, to, { kind, mailId, bindings: {} })
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
  { publicUrl, facts, now }: Planning,
  to: string,
  details: ConfirmationDetails & { kind: Exclude<ConfirmationKind, 'change'> },
  user?: Recipient,
): PlannedMail {
  const { kind } = details
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation, token, code } = startConfirmation(details, now, random)
  const link = `${publicUrl}/confirm#${kind}=${token}`
  const messageWith = (code?: string) =>
    CONFIRMATIONS[kind]({ ...facts, link, code, username: user?.username })
  const codeless = { message: messageWith(), confirmation: withoutCode(confirmation) }
  // A code is valid only with the mail id, which the recipient of an operator's mail does not have.
  if (facts.origin === undefined) return { to, ...codeless }
  return { to, message: messageWith(code), confirmation, withoutCode: codeless }
}

/** Returns the mail to the owner of an address that another client asked to confirm. */
async function tellOwner(
  { table, facts, providersOf }: Planning,
  owner: Recipient,
): Promise<PlannedMail | undefined> {
  const to = mailboxOf(owner)
  // This mail offers a new password, which a disabled user cannot choose.
  if (to === undefined || owner.disabled) return undefined
  const providers = await providersOf?.(table, owner.id)
  return { to, message: accountExists({ ...facts, username: owner.username, providers }) }
}
