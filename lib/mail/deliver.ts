import { randomUUID } from 'node:crypto'
import { inLanguage } from '../application/texts.ts'
import { awsErrorType, isRefused } from '../aws/client.ts'
import type { Table } from '../aws/dynamodb.ts'
import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { logEvent, logFailure } from '../log.ts'
import type { Counter } from '../throttling/counter.ts'
import {
  actMailCounter,
  administratorMailCounter,
  changeMailCounters,
  codeMailCounter,
  enrolmentMailCounter,
  knownSourceMailCounter,
  noticeCounter,
  requestedMailCounters,
} from '../throttling/mail-counters.ts'
import { attemptIdOf, reserveAttempt } from '../throttling/store.ts'
import type { Limit } from '../values.ts'
import type { Confirmation } from './confirmation.ts'
import { idOf, type MailEvent } from './event.ts'
import { announcement } from './factor-reset.ts'
import { renderMessage } from './look/render.ts'
import { planMail } from './plan.ts'
import { type OutgoingMail, senderOf, sendMail } from './send.ts'
import { type Claim, claimMail, findClaim, markSent, releaseMail } from './store.ts'
import type { MailingService, PlannedMail } from './written.ts'

/** The settings of {@link deliverMail}. */
export const DELIVERY = [
  'MAIL_FROM',
  'SERVICE_NAME',
  'PUBLIC_URL',
  'LIMIT_MAIL_RECIPIENT',
  'FACTOR_RESET_DELAY_SECONDS',
] as const

type Delivery = Config<(typeof DELIVERY)[number]>

/** What an invocation delivers with. */
interface Delivering extends Pick<MailingService, 'providersOf' | 'mayRegister'> {
  /** Id that all tries of one event have. */
  invocationId: string
}

/**
 * Sends the mail of an event, at most once.
 *
 * It returns only if no further try is needed: the mail was sent, is not needed, or is over the limit of its
 * recipient. It also returns if SES does not accept a new address.
 *
 * @throws {@link ServiceError} `unavailable`, also if an earlier try may have sent it.
 */
export async function deliverMail(
  table: Table,
  config: Delivery,
  event: MailEvent,
  { invocationId, ...more }: Delivering,
): Promise<void> {
  const { kind } = event
  const id = idOf(event)
  const now = new Date()
  const planned = await planMail(table, event, { ...serviceFrom(config), ...more }, now)
  if (planned === undefined) return logEvent('info', { event: 'mail.unneeded', kind })
  const counters = countersOf(event, planned, config.LIMIT_MAIL_RECIPIENT, now)
  const isLimited = await isOverLimit(table, counters, id, now)
  const mail = isLimited ? planned : await limitCodes(table, planned, id, now)
  const claim = { claimId: randomUUID(), invocationId }
  const state = isLimited
    ? await findClaim(table, id, claim)
    : await claimMail(table, id, { claim, confirmation: mail.confirmation }, now)
  if (state === 'repeated') return logEvent('warn', { event: 'mail.repeated', kind })
  if (state === 'unclaimed' && isLimited) return logEvent('warn', { event: 'mail.limited', kind })
  if (state !== 'claimed') {
    const reason = 'an earlier try claimed the mail and may have sent it'
    throw new ServiceError('unavailable', reason, { event: 'mail.unresolved', log: { kind } })
  }
  const { to, language, message } = mail
  const from = senderOf(config.SERVICE_NAME, config.MAIL_FROM)
  const rendered = inLanguage(language, () => renderMessage(message))
  const messageId = await sendClaimed(table, event, claim, { from, to, ...rendered })
  if (messageId === undefined) return
  logEvent('info', { event: 'mail.sent', kind, messageId })
  await recordSent(table, config, event, claim)
}

const serviceFrom = (
  config: Config<'SERVICE_NAME' | 'PUBLIC_URL' | 'FACTOR_RESET_DELAY_SECONDS'>,
): MailingService => ({
  name: config.SERVICE_NAME,
  publicUrl: config.PUBLIC_URL,
  factorResetDelaySeconds: config.FACTOR_RESET_DELAY_SECONDS,
})

/**
 * Records that SES accepted a mail. The delay of a reset of second factors begins with this record. If it
 * fails, the reset has no effect, and the event becomes a dead letter. Then an operator requests the reset
 * again.
 */
async function recordSent(
  table: Table,
  config: Config<'FACTOR_RESET_DELAY_SECONDS'>,
  event: MailEvent,
  claim: Claim,
): Promise<void> {
  const now = new Date()
  if (event.kind === 'factor-reset') {
    const { userId, mailId } = event
    const effect = announcement(userId, mailId, config.FACTOR_RESET_DELAY_SECONDS, now)
    return await markSent(table, mailId, { claim, effect }, now)
  }
  // Without the mark, a repeated delivery of the event throws. The mail is not sent again.
  await markSent(table, idOf(event), { claim }, now).catch(logFailure)
}

/**
 * Returns the counters of a mail. Mails of operators' commands share the counter of notices, because strangers
 * cannot cause either. Those of the API for administrators have their own: who has a session of an
 * administrator must not suppress notices. A mail of an enrolment needs the correct password, and has its own counter. With a shared
 * counter, an attacker who knows the password could suppress notices, and strangers' requests for mails could
 * keep a user from enrolling. So does a mail of a change, which needs a session of the user. So does a mail for a sign-in from a
 * source that the user has signed in from.
 */
function countersOf(
  event: MailEvent,
  { to, confirmation, knownSource }: PlannedMail,
  limit: Limit,
  now: Date,
): Counter[] {
  if (event.kind === 'enrolment') return [enrolmentMailCounter(to, now)]
  if (event.kind === 'change') return changeMailCounters(to, now)
  if (event.kind === 'acted-as') return [actMailCounter(to, now)]
  if (knownSource !== undefined) return [knownSourceMailCounter(to, knownSource, now)]
  if (event.by === 'administrator') return [administratorMailCounter(to, now)]
  return 'mailId' in event && event.origin
    ? requestedMailCounters(to, isEntry(confirmation), limit, now)
    : [noticeCounter(to, now)]
}

/** Returns a mail, but without its code if its recipient has got too many codes. */
async function limitCodes(table: Table, planned: PlannedMail, id: string, now: Date): Promise<PlannedMail> {
  const { to, language, withoutCode, knownSource } = planned
  if (withoutCode === undefined) return planned
  const isLimited = await isOverLimit(table, [codeMailCounter(to, knownSource, now)], id, now)
  return isLimited ? { to, language, ...withoutCode } : planned
}

/**
 * Whether a mail exceeds a limit of its recipient. All tries of an event count once, so a failed try gives
 * nothing back.
 */
async function isOverLimit(table: Table, counters: Counter[], id: string, now: Date): Promise<boolean> {
  const { refusedForSeconds } = await reserveAttempt(
    { ...table, reserved: [] },
    counters,
    attemptIdOf(id),
    now,
  )
  return refusedForSeconds > 0
}

/** Kinds of mails to an address that a client typed. */
const TYPED: readonly MailEvent['kind'][] = ['registration', 'sign-in', 'address']

/** Whether a mail lets the owner of its address choose a password, or sign in without one. */
const isEntry = (confirmation: Confirmation | undefined): boolean =>
  confirmation !== undefined && ['reset', 'registration', 'sign-in'].includes(confirmation.kind)

/**
 * Sends a claimed mail. If SES refuses it, the claim is given up, and the next try may send it. If the
 * outcome is unknown, the claim stays, and no try sends it. A client can request another mail, but a mail
 * that arrives twice cannot be undone.
 *
 * @returns The id of the mail, or `undefined` if SES does not accept the new address that a client typed. No
 *   further try would change that, and with dead letters clients could raise an alarm.
 */
async function sendClaimed(
  table: Table,
  event: MailEvent,
  claim: Claim,
  mail: OutgoingMail,
): Promise<string | undefined> {
  try {
    return await sendMail(table.aws, mail)
  } catch (error) {
    // AWS's message is left out, because it may contain the address.
    const log = { type: awsErrorType(error) }
    if (!isRefused(error)) {
      const reason = 'SES did not respond or failed, so the mail may be on its way'
      throw new ServiceError('unavailable', reason, { event: 'mail.unknown', log })
    }
    await releaseMail(table, idOf(event), claim, new Date()).catch(logFailure)
    if (log.type === 'BadRequestException' && TYPED.includes(event.kind)) {
      return void logEvent('warn', { event: 'mail.undeliverable', kind: event.kind })
    }
    throw new ServiceError('unavailable', 'SES refused the mail', { event: 'mail.refused', log })
  }
}
