import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { getItems, type Key } from '../../../lib/aws/dynamodb.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  type ConfirmationKind,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../../lib/mail/confirmation.ts'
import { claimMail, mailKey } from '../../../lib/mail/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { Difference } from './responses.ts'
import { found, Skip, type Visit } from './visit.ts'

const NO_MAIL = 'the service has no mailFrom, so it sends no mails'

const PAUSE_MS = 200

/** Whether the API description has an operation. */
export const offers = ({ operations }: Visit, name: string): boolean =>
  found(operations, 'API description').includes(name)

/** Skips a check that needs mails, if the service sends none. */
export function skipWithoutMail(visit: Visit): void {
  if (!offers(visit, 'forgotPassword')) throw new Skip(NO_MAIL)
}

/**
 * Waits until the mailer has recorded in the item of a mail that SES took it. No mailbox is read.
 *
 * @throws {@link Difference} if the record does not arrive in time.
 */
export async function expectMail(visit: Visit, mailId: string): Promise<void> {
  visit.mailIds.push(mailId)
  await expectAttribute(visit, mailKey(mailId), 'sentAt')
}

/** Waits until the mailer has written an attribute of an item. Lambda invokes it again after a minute, if SES has refused a mail. */
export async function expectAttribute(
  { table, mailMs, interruption }: Visit,
  key: Key,
  name: string,
): Promise<void> {
  const deadlineMs = performance.now() + mailMs
  for (;;) {
    const [item] = await getItems(table, [key], [name])
    if (item?.[name]) return
    if (performance.now() >= deadlineMs) break
    await sleep(PAUSE_MS, undefined, { signal: interruption })
  }
  const seconds = mailMs / 1_000
  throw new Difference(`expected a mail, got none within ${seconds} s: see the log of the function mailer`)
}

/**
 * Stores what a mail asks to confirm, as the mailer does, because the command cannot read the mail.
 *
 * @param kind - What is confirmed.
 * @param of - The user, if there is one, and the address that is confirmed.
 * @returns The id of the mail, with the code and the token that it would show.
 */
export async function confirm(
  { table, mailIds }: Visit,
  kind: ConfirmationKind,
  { user, address }: { user?: User; address?: string },
): Promise<{ mailId: string; code: string; token: string }> {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  mailIds.push(mailId)
  const bindings = user ? { userId: user.id, generation: user.generation, email: user.email } : {}
  const { now } = table.act()
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation, code, token } = startConfirmation({ kind, mailId, bindings }, now, random)
  const claim = { claimId: 'smoke', invocationId: 'smoke' }
  await claimMail(table, mailId, { claim, confirmation }, now)
  return { mailId, code, token }
}
