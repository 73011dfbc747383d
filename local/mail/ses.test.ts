import { afterAll, beforeEach, expect, test } from 'vitest'
import { listen, signed } from '../../test/local/aws-service.ts'
import { printable } from '../request-log.ts'
import type { Mail } from './mailbox.ts'
import { createSes } from './ses.ts'

const REGION = 'eu-central-1'
const FROM = 'no-reply@example.com'
const LINK = 'http://localhost:3000/confirm#token'

let mails: Mail[] = []
const { url, stop } = await listen(createSes([FROM, 'Example.org'], REGION, (mail) => mails.push(mail)))
afterAll(stop)
beforeEach(() => {
  mails = []
})

const HEADERS = [{ Name: 'Auto-Submitted', Value: 'auto-generated' }]
const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })
const Subject = utf8('Confirm your address ✓')
const Text = utf8(`Open this link: ${LINK}. Grüße`)
const simple = (changes: object = {}) => ({
  Content: { Simple: { Subject, Body: { Text, Html: utf8('<p>Grüße</p>') }, Headers: HEADERS, ...changes } },
})

const input = (changes: object = {}) => ({
  FromEmailAddress: FROM,
  Destination: { ToAddresses: ['ada@example.org'] },
  ...simple(),
  ...changes,
})

test('SendEmail returns the id of the mail and passes the mail on', async () => {
  const { status, type, output } = await send(input())
  const [mail] = mails
  expect({ status, type, output }).toEqual({ status: 200, type: null, output: { MessageId: mail?.id } })
  expect(mail).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sentAt: expect.any(Date),
    from: FROM,
    to: 'ada@example.org',
    subject: 'Confirm your address ✓',
    text: `Open this link: ${LINK}. Grüße`,
    unsafeHtml: '<p>Grüße</p>',
    link: LINK,
    headers: { 'auto-submitted': 'auto-generated' },
  })
})

test('the log shows the id of a mail', async () => {
  const { MessageId } = (await send(input())).output as { MessageId: string }
  expect(printable(`messageId=${MessageId}`)).toBe(`messageId=${MessageId}`)
})

test.each([
  [{ Text }, { text: Text.Data, unsafeHtml: undefined, link: LINK }],
  [{ Html: Text }, { text: '', unsafeHtml: Text.Data, link: undefined }],
])('SendEmail accepts a body with one part: %j', async (Body, mail) => {
  expect(await send(input(simple({ Body, Headers: undefined })))).toMatchObject({ status: 200 })
  expect(mails).toMatchObject([{ ...mail, headers: {} }])
})

const word = (name: string) => `=?UTF-8?B?${Buffer.from(name).toString('base64')}?=`

test.each([
  [word('Jürgen, "X" <a@b>'), 'Jürgen, "X" <a@b>'],
  [`${word('Jür')} ${word('gen')}`, 'Jürgen'],
  ['=?utf-8?b?SsO8cmdlbg==?= Service', 'Jürgen Service'],
  ['No reply', 'No reply'],
])('SendEmail decodes the name of the sender %s', async (encoded, name) => {
  expect(await send(input({ FromEmailAddress: `${encoded} <${FROM}>` }))).toMatchObject({ status: 200 })
  expect(mails).toMatchObject([{ from: `${name} <${FROM}>` }])
})

test('SendEmail sends to all recipients', async () => {
  const Destination = { ToAddresses: ['Bob <bob@example.net>'], BccAddresses: ['eve@example.net'] }
  expect(await send(input({ Destination }))).toMatchObject({ status: 200 })
  expect(mails).toMatchObject([{ to: 'Bob <bob@example.net>, eve@example.net' }])
})

test.each(['No reply <no-reply@example.com>', 'any@example.org', 'any@EXAMPLE.org', 'any@mail.example.org'])(
  'SendEmail accepts the verified sender %s',
  async (FromEmailAddress) => {
    expect(await send(input({ FromEmailAddress }))).toMatchObject({ status: 200 })
  },
)

test.each([
  ['another address', 'other@example.com', 'other@example.com'],
  ['an address in other letters', 'No-Reply@example.com', 'No-Reply@example.com'],
  ['a domain that ends like a verified one', 'Ada <a@badexample.org>', 'a@badexample.org'],
])('SendEmail rejects %s as sender with MessageRejected', async (_what, FromEmailAddress, identity) => {
  expect(await send(input({ FromEmailAddress }))).toEqual(
    rejection(
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ${identity}`,
    ),
  )
  expect(mails).toEqual([])
})

test.each([
  ['ada', "Missing final '@domain'"],
  ['', "Missing final '@domain'"],
  ['ada@', 'Missing domain'],
  ['ada lovelace@example.org', 'Local address contains control or whitespace'],
  ['ädä@example.org', 'Local address contains control or whitespace'],
  ['ada@example.org\r\nBcc: eve@example.net', 'Domain contains control or whitespace'],
  ['ada@bücher.example', 'Domain contains control or whitespace'],
  ['Ädä <ada@example.org>', 'The local SES needs a name of ASCII or encoded words.'],
  ['Ada\r\nBcc: x <ada@example.org>', 'The local SES needs a name of ASCII or encoded words.'],
])('SendEmail rejects the recipient %j: %s', async (address, message) => {
  for (const Destination of [{ ToAddresses: [address] }, { CcAddresses: [address] }]) {
    expect(await send(input({ Destination }))).toEqual(rejection('BadRequestException', message))
  }
  expect(await send(input({ FromEmailAddress: address }))).toMatchObject({ type: 'BadRequestException' })
  expect(mails).toEqual([])
})

const invalid = (name: string, constraint: string) =>
  `1 validation error detected: Value at '${name}' failed to satisfy constraint: ${constraint}`
const nullMember = (name: string) => invalid(name, 'Member must not be null')

test.each([
  ['content', { Content: undefined }, nullMember('content')],
  ['simple content', { Content: { Raw: { Data: '' } } }, 'The local SES sends simple content only.'],
  ['a subject', simple({ Subject: undefined }), nullMember('content.simple.subject')],
  ['data', simple({ Subject: {} }), nullMember('content.simple.subject.data')],
  ['a body', simple({ Body: undefined }), nullMember('content.simple.body')],
  ['text and HTML', simple({ Body: {} }), 'The local SES needs Text or Html in the member Body.'],
  ['a sender', { FromEmailAddress: undefined }, 'The local SES needs the member FromEmailAddress.'],
  ['a destination', { Destination: undefined }, 'The local SES needs a recipient in the member Destination.'],
  [
    'a recipient',
    { Destination: { ToAddresses: [] } },
    'The local SES needs a recipient in the member Destination.',
  ],
])('SendEmail without %s causes BadRequestException', async (_what, changes, message) => {
  expect(await send(input(changes))).toEqual(rejection('BadRequestException', message))
  expect(mails).toEqual([])
})

test.each([
  ['a subject', { Subject: { Data: 'Grüße' } }],
  ['a text', { Body: { Text: { Data: 'Grüße' } } }],
  ['HTML', { Body: { Html: { Data: 'Grüße' } } }],
])('SendEmail rejects %s outside ASCII without a Charset', async (_what, changes) => {
  expect(await send(input(simple(changes)))).toEqual(
    rejection('BadRequestException', 'The local SES needs a Charset for text outside ASCII.'),
  )
  expect(mails).toEqual([])
})

test('SendEmail rejects a line break in the subject', async () => {
  expect(await send(input(simple({ Subject: utf8('Hello\r\nBcc: eve@example.net') })))).toEqual(
    rejection('BadRequestException', 'The local SES rejects control characters in a subject.'),
  )
})

const name = 'content.simple.headers.1.member.name'
const value = 'content.simple.headers.1.member.value'
const namePattern = 'Member must satisfy regular expression pattern: ^[!-9;-@A-~]+$'
const valuePattern = 'Member must satisfy regular expression pattern: [ -~]*'
const lengthTo = (max: number) => `Member must have length less than or equal to ${max}`

test('SendEmail accepts 15 headers of the maximum lengths', async () => {
  const Headers = Array.from({ length: 15 }, (_, i) => ({
    Name: `X-${i}`.padEnd(126, '!'),
    Value: ' '.padEnd(870, '~'),
  }))
  expect(await send(input(simple({ Headers })))).toMatchObject({ status: 200 })
  expect(Object.keys(mails[0]?.headers ?? {})).toHaveLength(15)
})

test.each([
  ['a long name', { Name: 'X'.repeat(127) }, invalid(name, lengthTo(126))],
  ['a colon in a name', { Name: 'X:Y' }, invalid(name, namePattern)],
  ['a space in a name', { Name: 'X Y' }, invalid(name, namePattern)],
  ['a line break in a name', { Name: 'X\r\nBcc' }, invalid(name, namePattern)],
  ['a letter outside ASCII in a name', { Name: 'Ä' }, invalid(name, namePattern)],
  ['no name', { Name: undefined }, nullMember(name)],
  ['a long value', { Value: 'x'.repeat(871) }, invalid(value, lengthTo(870))],
  ['an empty value', { Value: '' }, invalid(value, 'Member must have length greater than or equal to 1')],
  ['a line break in a value', { Value: 'x\r\nBcc: eve@example.net' }, invalid(value, valuePattern)],
  ['a line break after a value', { Value: 'x\n' }, invalid(value, valuePattern)],
  ['a letter outside ASCII in a value', { Value: 'ä' }, invalid(value, valuePattern)],
  ['no value', { Value: undefined }, nullMember(value)],
  ['From', { Name: 'From' }, 'The header From is set by SES.'],
  ['message-id', { Name: 'message-id' }, 'The header message-id is set by SES.'],
])('SendEmail rejects a header with %s', async (_what, changes, message) => {
  const Headers = [{ Name: 'X', Value: 'x', ...changes }]
  expect(await send(input(simple({ Headers })))).toEqual(rejection('BadRequestException', message))
  expect(mails).toEqual([])
})

test('SendEmail rejects 16 headers and a repeated header', async () => {
  const headers = Array.from({ length: 16 }, (_, i) => ({ Name: `X-${i}`, Value: 'x' }))
  expect(await send(input(simple({ Headers: headers })))).toEqual(
    rejection('BadRequestException', invalid('content.simple.headers', lengthTo(15))),
  )
  const repeated = [...HEADERS, { Name: 'auto-submitted', Value: 'no' }]
  expect(await send(input(simple({ Headers: repeated })))).toEqual(
    rejection('BadRequestException', 'The header auto-submitted appears more than once.'),
  )
})

test('SendEmail reports all faults in one error', async () => {
  const Headers = [{ Name: 'X', Value: 'x' }, { Name: 'Ä'.repeat(127) }]
  const second = 'content.simple.headers.2.member'
  expect(await send(input(simple({ Headers })))).toEqual(
    rejection(
      'BadRequestException',
      [
        `3 validation errors detected: Value at '${second}.name' failed to satisfy constraint: ${lengthTo(126)}`,
        `Value at '${second}.name' failed to satisfy constraint: ${namePattern}`,
        `Value at '${second}.value' failed to satisfy constraint: Member must not be null`,
      ].join('; '),
    ),
  )
})

test.each([
  '',
  '{',
  'null',
  '[]',
  JSON.stringify(input({ FromEmailAddress: 7 })),
  JSON.stringify(input({ Destination: { ToAddresses: 'ada@example.org' } })),
  JSON.stringify(input(simple({ Subject: { Data: 7 } }))),
  JSON.stringify(input(simple({ Headers: [{ Name: 'X', Value: 7 }, {}] }))),
])('SendEmail with the body %s causes SerializationException', async (body) => {
  expect(await send(body)).toEqual(rejection('SerializationException', ''))
})

test.each([
  ['another day', `20261123/${REGION}/ses/aws4_request`, /^Date in Credential scope/],
  [
    'another region',
    '20261124/us-east-1/ses/aws4_request',
    /^Credential should be scoped to a valid region\.$/,
  ],
  [
    'another service',
    `20261124/${REGION}/email/aws4_request`,
    /^Credential should be scoped to correct service: 'ses'\.$/,
  ],
  ['another kind', `20261124/${REGION}/ses/aws5_request`, /valid terminator: 'aws4_request'\.$/],
  ['nothing', '', /^Date .* region\. .* 'ses'\. /],
])('SES rejects credentials for %s', async (_what, scope, message) => {
  expect(await send(input(), signed('ses', scope))).toEqual(
    rejection('InvalidSignatureException', expect.stringMatching(message), 403),
  )
  expect(mails).toEqual([])
})

test('SES rejects a request without credentials', async () => {
  const response = await fetch(`${url}/v2/email/outbound-emails`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(403)
  expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException')
  expect(await response.json()).toEqual({ message: 'Missing Authentication Token' })
})

test.each(['/', '/v2/email/identities', '/v2/email/outbound-emails/'])(
  'an unknown path %s causes UnknownOperationException',
  async (path) => {
    expect(await send(input(), {}, path)).toEqual(rejection('UnknownOperationException', '', 404))
    expect(mails).toEqual([])
  },
)

async function send(body: unknown, headers: Record<string, string> = {}, path = '/v2/email/outbound-emails') {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...signed('ses'), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    contentType: response.headers.get('content-type'),
    output: await response.json(),
  }
}

const rejection = (type: string, message: string, status = 400) => ({
  status,
  type,
  contentType: 'application/json',
  output: { message },
})
