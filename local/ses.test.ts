import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Mail } from './mailbox.ts'
import { createSes } from './ses.ts'

const REGION = 'eu-central-1'
const FROM = 'no-reply@example.com'
const LINK = 'http://localhost:3000/confirm#token'

let server: Server
let url: string
let mails: Mail[] = []

beforeAll(async () => {
  server = createSes([FROM, 'Example.org'], REGION, (mail) => mails.push(mail))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  mails = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const DATE = '20261124T150000Z'
const SCOPE = `20261124/${REGION}/ses/aws4_request`
const authorization = (scope: string) =>
  `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date, Signature=00`

const mime = (from = FROM) =>
  [
    `From: =?utf-8?q?J=C3=BCrgen?= <${from}>`,
    'To: ada@example.org',
    'Subject: =?utf-8?q?Confirm_your_address_=E2=9C=93?=',
    'Message-ID: <1@example.com>',
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Open this link (it is valid for 60 min=',
    `utes): ${LINK}. Gr=C3=BC=C3=9Fe`,
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('<p>Grüße</p>').toString('base64'),
    '--b--',
    '',
  ].join('\r\n')

const raw = (text: string) => ({ Raw: { Data: Buffer.from(text).toString('base64') } })
const input = (changes: object = {}) => ({
  FromEmailAddress: FROM,
  Destination: { ToAddresses: ['ada@example.org'] },
  Content: raw(mime()),
  ...changes,
})

async function send(body: unknown, headers: Record<string, string> = {}, path = '/v2/email/outbound-emails') {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'X-Amz-Date': DATE, Authorization: authorization(SCOPE), ...headers },
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

test('SendEmail returns the id of the mail and passes the parsed mail on', async () => {
  const { status, type, output } = await send(input())
  const [mail] = mails
  expect({ status, type, output }).toEqual({ status: 200, type: null, output: { MessageId: mail?.id } })
  expect(mail).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f-]{36}-000000$/),
    sentAt: expect.any(Date),
    from: `Jürgen <${FROM}>`,
    to: 'ada@example.org',
    subject: 'Confirm your address ✓',
    text: `Open this link (it is valid for 60 minutes): ${LINK}. Grüße\n`,
    unsafeHtml: '<p>Grüße</p>',
    link: LINK,
    headers: expect.objectContaining({
      'message-id': '<1@example.com>',
      'auto-submitted': 'auto-generated',
    }),
  })
})

test('SendEmail sends to the recipients of the request, not to those of the header', async () => {
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

test('SendEmail rejects an unverified sender in the header From', async () => {
  const result = await send(input({ Content: raw(mime('eve@example.net')) }))
  expect(result).toMatchObject({ status: 400, type: 'MessageRejected' })
  expect(result.output).toMatchObject({ message: expect.stringMatching(/: eve@example\.net$/) })
})

test.each([
  ['ada', "Missing final '@domain'"],
  ['', "Missing final '@domain'"],
  ['ada@', 'Missing domain'],
  ['ada lovelace@example.org', 'Local address contains control or whitespace'],
  ['ädä@example.org', 'Local address contains control or whitespace'],
  ['ada@example.org\r\nBcc: eve@example.net', 'Domain contains control or whitespace'],
  ['ada@bücher.example', 'Domain contains control or whitespace'],
])('SendEmail rejects the recipient %j: %s', async (address, message) => {
  for (const Destination of [{ ToAddresses: [address] }, { CcAddresses: [address] }]) {
    expect(await send(input({ Destination }))).toEqual(rejection('BadRequestException', message))
  }
  expect(await send(input({ FromEmailAddress: address }))).toMatchObject({ type: 'BadRequestException' })
  expect(mails).toEqual([])
})

const nullMember = (name: string) =>
  `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`

test.each([
  ['content', { Content: undefined }, nullMember('content')],
  ['raw content', { Content: { Simple: {} } }, 'The local SES sends raw content only.'],
  ['data', { Content: { Raw: {} } }, nullMember('content.raw.data')],
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
  '',
  '{',
  'null',
  '[]',
  JSON.stringify(input({ FromEmailAddress: 7 })),
  JSON.stringify(input({ Destination: { ToAddresses: 'ada@example.org' } })),
  JSON.stringify(input({ Content: { Raw: { Data: '%' } } })),
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
  expect(await send(input(), { Authorization: authorization(scope) })).toEqual(
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
