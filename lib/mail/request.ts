import { randomUUID } from 'node:crypto'
import type { Item, Table } from '../aws/dynamodb.ts'
import type { Config } from '../config.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import type { Act } from '../events/event.ts'
import { logFailure } from '../log.ts'
import type { Counter } from '../throttling/counter.ts'
import { isKnownSource } from '../throttling/known-sources.ts'
import {
  changeRequestCounters,
  mailRequestCounters,
  signInRequestCounter,
} from '../throttling/mail-counters.ts'
import { sourceOf, truncatedSource } from '../throttling/source.ts'
import { attemptIdOf, type ReservingTable, rejectIfRefused, reserveInTurn } from '../throttling/store.ts'
import type { User } from '../users/user.ts'
import type { Limit } from '../values.ts'
import {
  type App,
  idOf,
  type MailEvent,
  type MailOrigin,
  type NamedIdentity,
  type NoticeKind,
  type Notified,
  notifiedOf,
  sendEvent,
} from './event.ts'

/**
 * Requests a mail, within the limit of the source. The mailer finds the recipient, after the response.
 *
 * Mails of an enrolment and to a new address need the correct password. They have separate counters:
 * otherwise another client of the same address could use up the user's requests. Each user gets five in an
 * hour there.
 *
 * @throws {@link ServiceError} `too_many_mails`, or `unavailable`. Then the client may repeat the request.
 */
export async function requestMail(
  table: ReservingTable,
  config: Config<'MAILER' | 'LIMIT_MAIL_SOURCE'>,
  event: MailEvent & { origin: MailOrigin },
  now: Date,
): Promise<void> {
  await countMailRequest(table, config, event, now)
  await sendEvent(table.aws, config.MAILER, event)
}

/**
 * Counts a mail that is about to be requested; see {@link requestMail}.
 *
 * @throws {@link ServiceError} `too_many_mails`, or `unavailable`.
 */
export async function countMailRequest(
  table: ReservingTable,
  config: Config<'LIMIT_MAIL_SOURCE'>,
  event: MailEvent & { origin: MailOrigin },
  now: Date,
): Promise<void> {
  const source = sourceOf(event.origin.sourceIp)
  const userId = 'userId' in event ? event.userId : undefined
  const counters = countersOf(event, source, config.LIMIT_MAIL_SOURCE, now)
  const reservation = await reserveInTurn(table, counters, attemptIdOf(idOf(event)), now)
  const log = { source: truncatedSource(source), ...(userId && { userId }) }
  rejectIfRefused(reservation, 'too_many_mails', 'too many mails', { log })
}

function countersOf(event: MailEvent, source: string, limit: Limit, now: Date): Counter[] {
  if (event.kind === 'sign-in') return [signInRequestCounter(source, limit, now)]
  if (event.kind === 'change') return changeRequestCounters(source, event.userId, limit, now)
  return mailRequestCounters(source, 'userId' in event ? event.userId : undefined, limit, now)
}

/**
 * Notifies a user by mail of an event of the account, if the user has an address. Does not throw: the change
 * is already stored, and the failure is logged.
 *
 * @param user - The profile from the read before the change. The mail goes to the address of that time.
 * @param id - The mailer sends one mail for an id. By default each call has a new id.
 */
export async function notify(
  { table, config, origin, now }: At<'MAILER'>,
  kind: NoticeKind,
  user: User,
  id: string = randomUUID(),
): Promise<void> {
  const { to, ...notified } = notifiedOf(user)
  if (to === undefined) return
  const event = { kind, id, to, ...notified, at: now.toISOString(), origin }
  await sendEvent(table.aws, config.MAILER, event).catch(logFailure)
}

/** Notifies a user of an identity that was added or removed; see {@link notify}. */
export async function notifyIdentity(
  { table, config, origin, now }: At<'MAILER'>,
  kind: Extract<NoticeKind, `identity-${string}`>,
  user: User,
  identity: NamedIdentity,
): Promise<void> {
  const { to, ...notified } = notifiedOf(user)
  if (to === undefined) return
  const event = { kind, id: randomUUID(), to, ...notified, identity, at: now.toISOString(), origin }
  await sendEvent(table.aws, config.MAILER, event).catch(logFailure)
}

/**
 * Notifies a user that an app has lasting access, if the user has a confirmed address. The mailer reads the
 * address. Does not throw, like {@link notify}.
 */
export async function notifyOfflineAccess(
  { table, config, origin, now }: At<'MAILER'>,
  userId: string,
  app: App,
): Promise<void> {
  const event = {
    kind: 'offline-access',
    id: randomUUID(),
    userId,
    app,
    at: now.toISOString(),
    origin,
  } as const
  await sendEvent(table.aws, config.MAILER, event).catch(logFailure)
}

/** Notifies a user of a sign-in from a source that is not known to the user; see {@link notify}. */
export async function notifyNewSource(
  at: At<'MAILER' | 'NOTIFY_NEW_SOURCE'>,
  mark: Item | undefined,
  user: User,
): Promise<void> {
  if (at.config.NOTIFY_NEW_SOURCE !== 'on' || isKnownSource(mark, user.id, at.now)) return
  await notify(at, 'new-source', user)
}

/**
 * Returns the name of the mailer.
 *
 * @throws {@link ServiceError} `not_found`, if the service sends no mails: its description has no such route.
 */
export function requireMailer({ MAILER }: Config<'MAILER'>): string {
  if (MAILER === undefined) throw new ServiceError('not_found', 'the service sends no mails')
  return MAILER
}

/**
 * Notifies a user by mail of an operator's change, as the commands do: without the origin of the request, which
 * is the operator's. Does not throw: the change is already stored, and the failure is logged.
 *
 * @param notice - The mailer sends one mail for an `id`.
 */
export async function notifyOf(
  { aws }: Table,
  mailer: string | undefined,
  notice: Notified & { kind: NoticeKind; id?: string },
  { now }: Act,
): Promise<void> {
  const { to, ...rest } = notice
  if (to === undefined) return
  const event = { id: randomUUID(), to, ...rest, at: now.toISOString() }
  await sendEvent(aws, mailer, event).catch(logFailure)
}
