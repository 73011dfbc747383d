import { type AwsCall, invocationOf } from '../aws/client.ts'
import type { Act } from '../events/event.ts'
import type { WithLocale } from '../users/locale.ts'
import { mailboxOf, type User } from '../users/user.ts'

/** Where a request came from, for a mail. */
export interface MailOrigin {
  sourceIp: string
  userAgent: string
}

/** An app for a mail: its name, and its host or scheme. */
export interface App {
  name: string
  place: string
}

/** A user's identity for a mail: the name of its provider, and what the provider calls the user. */
export interface NamedIdentity {
  provider: string
  label: string
}

/** The user of a notice. */
export interface Notified {
  /** Address of the user before the event; missing without one. */
  to: string | undefined
  /** As the notice names the user. */
  username: string
  /** Language of the user before the event. */
  locale: string | undefined
}

/** Events that mails report. Recipients need not do anything if they have caused the events. */
export type NoticeKind =
  | 'password-changed'
  | 'address-requested'
  | 'address-changed'
  | 'username-changed'
  | 'locale-changed'
  | 'new-source'
  | 'account-deleted'
  | 'totp-added'
  | 'totp-removed'
  | 'totp-limited'
  | 'passkey-added'
  | 'passkey-removed'
  | 'recovery-codes-replaced'
  | 'recovery-code-used'
  | 'factors-removed'
  | 'identity-added'
  | 'identity-removed'
  | 'acted-as'

/**
 * An event of the function `mailer`. It contains no token and no code: the mailer creates them when it sends.
 *
 * The mail of an event with a `mailId` asks to confirm something. One with an `id` is a notice.
 */
export type MailEvent = {
  /** ISO 8601 time of the request. */
  at: string
  /** Missing for mails of operators, by a command or by the API. */
  origin?: MailOrigin
  /** Who requested the mail, by the API for administrators. Such mails have a separate counter. */
  by?: 'administrator'
} & ( // `language` counts only for an address that no user has.
  | { kind: 'registration'; mailId: string; language?: string | undefined }
  | { kind: 'invitation'; mailId: string; language?: string | undefined }
  | { kind: 'sign-in'; mailId: string; language?: string | undefined }
  | { kind: 'reset'; mailId: string; loginName: string; generation?: number }
  | { kind: 'address'; mailId: string; userId: string; generation: number }
  | { kind: 'enrolment'; mailId: string; userId: string; generation: number }
  | { kind: 'change'; mailId: string; userId: string; generation: number }
  | { kind: 'factor-reset'; mailId: string; userId: string }
  | { kind: 'offline-access'; id: string; userId: string; app: App }
  | (Notified & { kind: NoticeKind; id: string; to: string; identity?: NamedIdentity })
)

/** Returns whom a notice goes to. @param user - The profile from the read before the change. */
export const notifiedOf = <U extends Pick<User, 'username' | 'email' | 'emailAsWritten' | 'locale'>>(
  user: U & WithLocale<U>,
): Notified => ({ to: mailboxOf(user), username: user.username, locale: user.locale })

/** Returns the id with which an event is claimed. */
export const idOf = (event: MailEvent): string => ('mailId' in event ? event.mailId : event.id)

/** Returns what the mail events of an operator's act have in common. Mails of commands and of the API have separate counters. */
export const mailOf = ({ actor, now }: Pick<Act, 'actor' | 'now'>): Pick<MailEvent, 'at' | 'by'> => ({
  at: now.toISOString(),
  ...(actor === 'administrator' && { by: actor }),
})

/**
 * Sends an event to the mailer. It may be called twice: the mailer sends the mail of an id once.
 *
 * @param mailerName - Name of the function. Without it, the service sends no mails.
 * @throws {@link ServiceError} `unavailable`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export async function sendEvent(
  aws: AwsCall,
  mailerName: string | undefined,
  event: MailEvent,
): Promise<void> {
  if (mailerName === undefined) return
  await aws('lambda', invocationOf(mailerName), event)
}
