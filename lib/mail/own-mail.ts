import { within } from '../aws/client.ts'
import { readConfig } from '../config.ts'
import { type OutgoingMail, senderOf, sendMail } from './send.ts'

/** Time for SES, which takes a mail once. */
const SEND_MS = 3_500

/**
 * Sends a mail of the application's own, from the sender of the service. The function needs `settings: [sender]` and `may: [sendMails]`.
 *
 * @throws {@link ServiceError} `unavailable`. The mail may have been sent.
 */
export async function mailTo(
  address: string,
  content: Pick<OutgoingMail, 'subject' | 'text' | 'html'>,
): Promise<void> {
  const { MAIL_FROM, SERVICE_NAME } = readConfig(['MAIL_FROM', 'SERVICE_NAME'])
  const from = senderOf(SERVICE_NAME, MAIL_FROM)
  await sendMail(within(Date.now() + SEND_MS), { ...content, from, to: address })
}
