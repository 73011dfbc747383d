import { randomBytes } from 'node:crypto'
import { onTestFinished, vi } from 'vitest'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  type ConfirmationDetails,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../../lib/mail/confirmation.ts'
import { claimMail } from '../../../lib/mail/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { createMailbox, type Mail } from '../../../local/mail/mailbox.ts'

export const LINK = 'http://localhost:3000/confirm#YWRhbG92ZWxhY2VZV1JoYkc5MlpXeGhZMlU'

/** Returns a mail as the local SES passes it on. */
export const mailOf = (changes: Partial<Mail> = {}): Mail => ({
  id: 'a-1',
  sentAt: new Date('2026-11-26T09:30:00Z'),
  from: 'Service <no-reply@example.org>',
  to: 'ada@example.org',
  subject: 'Confirm your address',
  text: `Open ${LINK}\n`,
  unsafeHtml: '<p style="color: #00f">Open <a href="/confirm">this link</a></p>',
  link: LINK,
  headers: { 'auto-submitted': 'auto-generated' },
  ...changes,
})

/** Returns a mailbox that got these mails in this order. */
export function mailboxOf(...mails: Mail[]) {
  const mailbox = createMailbox()
  for (const mail of mails) mailbox.add(mail)
  return mailbox
}

/** Returns the token in the link of a mail. */
export const tokenIn = ({ link }: Mail): string => String(link?.replace(/^.*=/, ''))

/** Returns the code in a mail. */
export const codeIn = ({ text }: Mail): string => String(/code: (\d{8})/.exec(text)?.[1])

/** Stops the clock until the end of a test, whose attempts then count in one window of the limits. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  onTestFinished(() => void vi.useRealTimers())
}

let addresses = 0

/** Returns an address that no other test uses, with upper case in it. */
export function newAddress(): string {
  addresses += 1
  return `Grace.${addresses}@Example.org`
}

/** Stores what a mail proves, without the mail. Returns its proofs. */
export async function storeMail(table: Table, details: ConfirmationDetails) {
  const { mailId } = details
  const { confirmation, token, code } = startConfirmation(
    details,
    new Date(),
    randomBytes(CONFIRMATION_RANDOM_BYTES),
  )
  await claimMail(table, mailId, { claim: { claimId: 'a', invocationId: 'a' }, confirmation }, new Date())
  return { mailId, token, code }
}

/** Returns what a mail to a user is bound to. */
export const boundTo = ({ id: userId, generation, email }: User) => ({ userId, generation, email })

/** Stores what the mail of a reset proves. Returns its proof. */
export async function resetProof(table: Table, user: User) {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const { code } = await storeMail(table, { kind: 'reset', mailId, bindings: boundTo(user) })
  return { mailId, code }
}
