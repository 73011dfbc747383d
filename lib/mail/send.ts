import type { AwsCall } from '../aws/client.ts'

/** A mail for the sender. */
export interface OutgoingMail {
  /** Address, with an optional name before it. */
  from: string
  to: string
  subject: string
  text: string
  /** Missing in a mail of plain text. */
  html?: string
}

/**
 * Sends a mail with SES, which makes it multipart and gives it its `Message-ID` and `Date`. Replace this function to
 * use another sender.
 *
 * @returns The id of the mail in the sender's log.
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
        Body: { Text: part(mail.text), ...(mail.html !== undefined && { Html: part(mail.html) }) },
        // Keeps vacation responders silent (RFC 3834 section 5).
        Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
      },
    },
  })
  return String(MessageId)
}

/**
 * An encoded word may have 75 characters (RFC 2047 section 2). Twelve of them name the encoding, and base64
 * makes four characters of three bytes.
 */
const LONGEST_WORD_BYTES = 45

/**
 * Returns the value of `From`: a name and an address.
 *
 * @param name - Any text. It is written in encoded words (RFC 2047), so that no character has a special
 *   meaning. Each word has whole characters (section 5). Readers join the words without the spaces between
 *   them (section 6.2).
 */
export function senderOf(name: string, address: string): string {
  const words = ['']
  for (const character of name) {
    const longer = words.at(-1) + character
    if (Buffer.byteLength(longer) > LONGEST_WORD_BYTES) words.push(character)
    else words[words.length - 1] = longer
  }
  return `${words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ')} <${address}>`
}
