import * as z from 'zod/mini'
import { RestError } from '../rest-json.ts'

const text = z.object({ Data: z.string(), Charset: z.optional(z.string()) })

const header = z.object({
  Name: z.string().check(...lengthTo(126), pattern(/^[!-9;-@A-~]+$/, '^[!-9;-@A-~]+$')),
  Value: z.string().check(...lengthTo(870), pattern(/^[ -~]*$/, '[ -~]*')),
})

const simple = z.object({
  Subject: text,
  Body: z.object({ Text: z.optional(text), Html: z.optional(text) }),
  Headers: z.optional(
    z.array(header).check(z.maxLength(15, 'Member must have length less than or equal to 15')),
  ),
})

const addresses = z.optional(z.array(z.string()))
const SendEmail = z.object({
  FromEmailAddress: z.optional(z.string()),
  Destination: z.optional(
    z.object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses }),
  ),
  Content: z.object({ Simple: z.optional(simple) }),
})

/** What `SendEmail` is asked to send. */
export interface EmailInput {
  from: string
  to: readonly string[]
  subject: string
  text: string | undefined
  html: string | undefined
  /** Names in lower case. */
  headers: Record<string, string>
}

/**
 * Reads the input of `SendEmail` with simple content. Its limits are those of the API reference.
 *
 * Stricter than AWS: sender and recipients must be in the request, and text outside ASCII needs a character set. AWS sends
 * such text damaged.
 *
 * @throws {@link RestError}
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Message.html
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
 */
export function readSendEmail(body: string): EmailInput {
  const { success, data: input, error } = SendEmail.safeParse(parseJson(body), { reportInput: true })
  if (!success) throw faultOf(error.issues)
  const { FromEmailAddress: from, Destination = {}, Content } = input
  const { ToAddresses = [], CcAddresses = [], BccAddresses = [] } = Destination
  const to = [...ToAddresses, ...CcAddresses, ...BccAddresses]
  if (Content.Simple === undefined) throw badRequest('The local SES sends simple content only.')
  if (from === undefined) throw badRequest('The local SES needs the member FromEmailAddress.')
  if (to.length === 0) throw badRequest('The local SES needs a recipient in the member Destination.')
  const { Subject, Body, Headers = [] } = Content.Simple
  const { Text, Html } = Body
  if (Text === undefined && Html === undefined) {
    throw badRequest('The local SES needs Text or Html in the member Body.')
  }
  for (const part of [Subject, Text, Html]) checkCharset(part)
  if (/\p{Cc}/u.test(Subject.Data)) throw badRequest('The local SES rejects control characters in a subject.')
  return {
    from,
    to,
    subject: Subject.Data,
    text: Text?.Data,
    html: Html?.Data,
    headers: readHeaders(Headers),
  }
}

/** Returns the error of an input that has a fault. */
export const badRequest = (message: string) => new RestError('BadRequestException', 400, message)

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function lengthTo(max: number) {
  const least = z.minLength(1, 'Member must have length greater than or equal to 1')
  return [least, z.maxLength(max, `Member must have length less than or equal to ${max}`)] as const
}

/** Returns a check with AWS's own spelling of the pattern in its message. */
function pattern(regex: RegExp, spelling: string) {
  return z.regex(regex, `Member must satisfy regular expression pattern: ${spelling}`)
}

/** Returns one error for all faults, as AWS does. A value of another type cannot be read at all. */
function faultOf(issues: readonly z.core.$ZodIssue[]): RestError {
  const isMissing = ({ code, input }: z.core.$ZodIssue) => code === 'invalid_type' && input === undefined
  if (issues.some((issue) => issue.code === 'invalid_type' && !isMissing(issue))) {
    return new RestError('SerializationException', 400, '')
  }
  const faults = issues.map((issue) => {
    const constraint = isMissing(issue) ? 'Member must not be null' : issue.message
    return `Value at '${memberOf(issue.path)}' failed to satisfy constraint: ${constraint}`
  })
  const count = `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected`
  return badRequest(`${count}: ${faults.join('; ')}`)
}

/** Returns a path as AWS writes it, such as `content.simple.headers.1.member.name`. */
const memberOf = (path: readonly PropertyKey[]) =>
  path
    .map((key) =>
      typeof key === 'number' ? `${key + 1}.member` : String(key).replace(/^./, (c) => c.toLowerCase()),
    )
    .join('.')

function checkCharset(part: z.infer<typeof text> | undefined): void {
  if (part !== undefined && part.Charset === undefined && /\P{ASCII}/u.test(part.Data)) {
    throw badRequest('The local SES needs a Charset for text outside ASCII.')
  }
}

/**
 * Headers that SES sets itself.
 *
 * @see https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
 */
const OWN_HEADERS =
  /^(bcc|cc|content-disposition|content-type|date|from|message-id|mime-version|reply-to|return-path|subject|to)$/

/** Returns the headers by name. AWS rejects a second header of most names; this rejects it of every name. */
function readHeaders(headers: readonly z.infer<typeof header>[]): Record<string, string> {
  const byName = new Map<string, string>()
  for (const { Name, Value } of headers) {
    const name = Name.toLowerCase()
    if (OWN_HEADERS.test(name)) throw badRequest(`The header ${Name} is set by SES.`)
    if (byName.has(name)) throw badRequest(`The header ${Name} appears more than once.`)
    byName.set(name, Value)
  }
  return Object.fromEntries(byName)
}
