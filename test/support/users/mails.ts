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
