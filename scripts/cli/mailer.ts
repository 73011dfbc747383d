import { randomUUID } from 'node:crypto'
import { awsErrorType } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { type MailEvent, type NoticeKind, type Notified, sendEvent } from '../../lib/mail/event.ts'
import type { Io } from './io.ts'
import { Refusal } from './refusal.ts'

/**
 * Notifies a user by mail of a change that an operator made, if the service sends mails. A failure is reported and does not
 * matter: the change is made.
 *
 * @returns The line for the operator, or nothing if there is no notice.
 */
export async function notify(
  table: Table,
  kind: NoticeKind,
  { to, ...notified }: Notified,
  { now, stderr }: Io,
): Promise<string> {
  if (to === undefined) return ''
  try {
    await send(table, { kind, id: randomUUID(), to, ...notified, at: now().toISOString() })
    return `A notice is on its way to ${to}.\n`
  } catch (error) {
    if (!isWithoutMail(error)) stderr.write(`No notice was sent to ${to}: ${awsErrorType(error)}.\n`)
    return ''
  }
}

/**
 * Hands an event to the mailer.
 *
 * @throws {@link Refusal} `refused`, if the service sends no mails.
 */
export const hand = (table: Table, event: MailEvent): Promise<void> => requireMail(send(table, event))

/** Waits for what hands an event to the mailer; see {@link hand}. */
export const requireMail = <T>(handing: Promise<T>): Promise<T> =>
  handing.catch((error) => {
    throw isWithoutMail(error) ? noMail() : error
  })

/** Invokes the mailer. */
const send = (table: Table, event: MailEvent) => sendEvent(table.aws, mailerOf(table), event)

/** Returns the name of the mailer, which begins as that of the table. */
export const mailerOf = ({ name }: Table): string => `${name}-mailer`

/** Whether a stage has no mailer. */
const isWithoutMail = (error: unknown): boolean => awsErrorType(error) === 'ResourceNotFoundException'

/** Creates the error for a service that sends no mails. */
export const noMail = () =>
  new Refusal('refused', 'The service sends no mails. Deploy it with --param mailFrom=ADDRESS.')
