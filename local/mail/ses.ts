import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { RestError, restServer, unknownOperation } from '../rest-json.ts'
import { firstLink, type Mail } from './mailbox.ts'
import { badRequest, type EmailInput, readSendEmail } from './ses-input.ts'

/**
 * Creates an SES with the operation `SendEmail` of API v2, for simple content, over the real protocol. No mail leaves the
 * machine.
 *
 * @param verifiedIdentities - Addresses and domains that mails may be sent from.
 * @param region - Region that requests must be signed for.
 * @param onMail - Receives each accepted mail, before the sender gets the response.
 * @returns A server that does not listen yet.
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export function createSes(
  verifiedIdentities: readonly string[],
  region: string,
  onMail: (mail: Mail) => void,
): Server {
  const identities = verifiedIdentities.map(addressOf)
  return restServer('ses', region, ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/v2/email/outbound-emails') throw unknownOperation()
    const input = readSendEmail(body)
    for (const address of [input.from, ...input.to]) checkSyntax(address)
    checkIdentity(addressOf(input.from), identities, region)
    const mail = mailOf(input)
    onMail(mail)
    return { status: 200, body: { MessageId: mail.id } }
  })
}

/** Returns the address of `Ada <ada@example.org>`. */
const addressOf = (mailbox: string): string => /<([^<>]*)>$/.exec(mailbox.trim())?.[1] ?? mailbox.trim()

/**
 * Checks an address as SES does, which is little: no control characters, white space or characters outside ASCII, and a
 * domain. The messages about the address are those of AWS. A name outside ASCII must be encoded (RFC 2047).
 */
function checkSyntax(mailbox: string): void {
  const [, local = '', at, domain = ''] = /^([^@]*)(@?)(.*)$/s.exec(addressOf(mailbox)) ?? []
  const isClean = (part: string) => /^[!-~]*$/.test(part)
  if (!isClean(local)) throw badRequest('Local address contains control or whitespace')
  if (at === '') throw badRequest("Missing final '@domain'")
  if (domain === '') throw badRequest('Missing domain')
  if (!isClean(domain)) throw badRequest('Domain contains control or whitespace')
  if (!/^[ -~]*$/.test(mailbox)) throw badRequest('The local SES needs a name of ASCII or encoded words.')
}

/**
 * Checks that the sender is verified. Addresses must be identical; domains are equal in any case and include their
 * subdomains.
 */
function checkIdentity(address: string, verifiedIdentities: readonly string[], region: string): void {
  const domain = address.replace(/^.*@/, '').toLowerCase()
  const isVerified = verifiedIdentities.some(
    (identity) => identity === address || `.${domain}`.endsWith(`.${identity.toLowerCase()}`),
  )
  if (isVerified) return
  const where = region.toUpperCase()
  throw new RestError(
    'MessageRejected',
    400,
    `Email address is not verified. The following identities failed the check in region ${where}: ${address}`,
  )
}

/** Decodes the encoded words of a name (RFC 2047): those in UTF-8 and base64, which the mailer writes. */
const decodeWords = (name: string): string =>
  name
    .replace(/(?<=\?=) +(?==\?)/g, '')
    .replace(/=\?utf-8\?b\?([^?]*)\?=/gi, (_word, base64) => Buffer.from(base64, 'base64').toString())

const mailOf = ({ from, to, subject, text = '', html, headers }: EmailInput): Mail => ({
  // Shorter than that of AWS, which the log of the terminal would take for a token.
  id: randomUUID(),
  sentAt: new Date(),
  from: decodeWords(from),
  to: to.join(', '),
  subject,
  text,
  unsafeHtml: html,
  link: firstLink(text),
  headers,
})
