import { randomBytes, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import PostalMime, { type Email } from 'postal-mime'
import * as z from 'zod/mini'
import { firstLink, type Mail } from './mailbox.ts'
import { RestError, restServer, unknownOperation } from './rest-json.ts'

const addresses = z.optional(z.array(z.string()))
const SendEmail = z.object({
  FromEmailAddress: z.optional(z.string()),
  Destination: z.optional(
    z.object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses }),
  ),
  Content: z.optional(z.object({ Raw: z.optional(z.object({ Data: z.optional(z.base64()) })) })),
})

/**
 * Creates an SES with the operation `SendEmail` of API v2, for raw content, over the real protocol. No mail leaves the
 * machine.
 *
 * Stricter than AWS: sender and recipients must be in the request. AWS takes missing ones from the headers of the mail.
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
  return restServer('ses', region, async ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/v2/email/outbound-emails') throw unknownOperation()
    const { from, to, data } = readInput(body)
    for (const address of [from, ...to]) checkSyntax(address)
    const email = await PostalMime.parse(data)
    checkIdentities([from, email.from?.address ?? from], identities, region)
    const mail = mailOf(email, from, to)
    onMail(mail)
    return { status: 200, body: { MessageId: mail.id } }
  })
}

const badRequest = (message: string) => new RestError('BadRequestException', 400, message)

const nullMember = (name: string) =>
  badRequest(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
  )

function readInput(body: string) {
  const { success, data: input } = SendEmail.safeParse(parseJson(body))
  if (!success) throw new RestError('SerializationException', 400, '')
  const { FromEmailAddress: from, Destination = {}, Content } = input
  const { ToAddresses = [], CcAddresses = [], BccAddresses = [] } = Destination
  const to = [...ToAddresses, ...CcAddresses, ...BccAddresses]
  if (Content === undefined) throw nullMember('content')
  if (Content.Raw === undefined) throw badRequest('The local SES sends raw content only.')
  if (Content.Raw.Data === undefined) throw nullMember('content.raw.data')
  if (from === undefined) throw badRequest('The local SES needs the member FromEmailAddress.')
  if (to.length === 0) throw badRequest('The local SES needs a recipient in the member Destination.')
  return { from, to, data: Buffer.from(Content.Raw.Data, 'base64') }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Returns the address of `Ada <ada@example.org>`. */
const addressOf = (mailbox: string): string => /<([^<>]*)>$/.exec(mailbox.trim())?.[1] ?? mailbox.trim()

/**
 * Checks an address as SES does, which is little: no control characters, white space or characters outside ASCII, and a
 * domain. The messages are those of AWS.
 */
function checkSyntax(mailbox: string): void {
  const [, local = '', at, domain = ''] = /^([^@]*)(@?)(.*)$/s.exec(addressOf(mailbox)) ?? []
  const isClean = (part: string) => /^[!-~]*$/.test(part)
  if (!isClean(local)) throw badRequest('Local address contains control or whitespace')
  if (at === '') throw badRequest("Missing final '@domain'")
  if (domain === '') throw badRequest('Missing domain')
  if (!isClean(domain)) throw badRequest('Domain contains control or whitespace')
}

/**
 * Checks that the sender of the request and that of the header `From` are verified. AWS checks both. Addresses must be
 * identical; domains are equal in any case and include their subdomains.
 */
function checkIdentities(
  senders: readonly string[],
  verifiedIdentities: readonly string[],
  region: string,
): void {
  const isVerified = (address: string) => {
    const domain = address.replace(/^.*@/, '').toLowerCase()
    return verifiedIdentities.some(
      (identity) => identity === address || `.${domain}`.endsWith(`.${identity.toLowerCase()}`),
    )
  }
  const failed = [...new Set(senders.map(addressOf))].filter((address) => !isVerified(address))
  if (failed.length === 0) return
  const where = region.toUpperCase()
  throw new RestError(
    'MessageRejected',
    400,
    `Email address is not verified. The following identities failed the check in region ${where}: ${failed.join(', ')}`,
  )
}

function mailOf(email: Email, sender: string, recipients: readonly string[]): Mail {
  const { name, address = sender } = email.from ?? {}
  const text = email.text ?? ''
  return {
    id: `${randomBytes(8).toString('hex')}-${randomUUID()}-000000`,
    sentAt: new Date(),
    from: name ? `${name} <${address}>` : address,
    to: recipients.join(', '),
    subject: email.subject ?? '',
    text,
    unsafeHtml: email.html,
    link: firstLink(text),
    headers: Object.fromEntries(email.headers.map(({ key, value }) => [key, value])),
  }
}
