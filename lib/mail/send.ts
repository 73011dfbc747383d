import type { AwsCall } from '../aws/client.ts'

/** A mail as it is sent. */
export interface OutgoingMail {
  /** Address, with a name before it if it has one. */
  from: string
  to: string
  subject: string
  text: string
  html: string
}

/**
 * Sends a mail with SES, which makes it multipart and gives it its `Message-ID` and `Date`. Replace this function to
 * use another sender.
 *
 * @returns The id by which the sender's own log knows the mail.
 * @throws {@link ServiceError} `unavailable`; see `isRefused` in `lib/aws/client.ts`.
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export async function sendMail(aws: AwsCall, mail: OutgoingMail): Promise<string> {
  const part = (Data: string) => ({ Data, Charset: 'UTF-8' })
  const { MessageId } = await aws('ses', '/v2/email/outbound-emails', {
    FromEmailAddress: mail.from,
    Destination: { ToAddresses: [mail.to] },
    Content: {
      Simple: {
        Subject: part(mail.subject),
        Body: { Text: part(mail.text), Html: part(mail.html) },
        // Keeps vacation responders silent (RFC 3834 section 5).
        Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
      },
    },
  })
  return String(MessageId)
}

/**
 * Returns the value of `From`: a name and an address.
 *
 * @param name - Any text. It is an encoded word (RFC 2047), so that no character of it has a meaning.
 */
export const senderOf = (name: string, address: string): string =>
  `=?UTF-8?B?${Buffer.from(name).toString('base64')}?= <${address}>`
