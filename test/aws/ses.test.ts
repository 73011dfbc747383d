import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createSes } from '../../local/mail/ses.ts'
import { listen, signed } from '../local/aws-service.ts'
import { REGION } from './account.ts'
import { verifySender } from './verify-sender.ts'

// A contract for the local SES and for moto's. Both behave as AWS documents. Rows list where moto deviates.

const FROM = 'no-reply@contract.example'

type Ask = (input: object) => Promise<{ status: number; type: string | null; body: string }>

/** Calls SES without a client library. */
const askAt =
  (url: string): Ask =>
  async (input) => {
    const response = await fetch(`${url}/v2/email/outbound-emails`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...signed('ses') },
      body: JSON.stringify(input),
    })
    const { status, headers } = response
    return { status, type: headers.get('x-amzn-errortype'), body: await response.text() }
  }

const simple = (changes: object = {}) => ({
  Content: {
    Simple: {
      Subject: { Data: 'Hello ✓', Charset: 'UTF-8' },
      Body: {
        Text: { Data: 'Hello Ada', Charset: 'UTF-8' },
        Html: { Data: '<p>Hello Ada</p>', Charset: 'UTF-8' },
      },
      Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
      ...changes,
    },
  },
})

const sending = (changes: object = {}) => ({
  FromEmailAddress: FROM,
  Destination: { ToAddresses: ['ada@example.org'] },
  ...simple(),
  ...changes,
})

const local = await listen(createSes([FROM], REGION, () => {}))
afterAll(local.stop)
const emulatorUrl = inject('emulatorUrl')
const ses = { local: askAt(local.url), moto: askAt(emulatorUrl) }

beforeAll(() => verifySender(emulatorUrl, FROM))

describe.each(['local', 'moto'] as const)('%s', (which) => {
  test('SendEmail returns the id of the message', async () => {
    const { status, type, body } = await ses[which](sending())
    expect({ status, type, output: JSON.parse(body) }).toEqual({
      status: 200,
      type: null,
      output: { MessageId: expect.stringMatching(/^[0-9a-z-]{20,}$/) },
    })
  })

  test('the sender may have a display name', async () => {
    for (const name of ['Service', '=?UTF-8?B?U2VydmljZSDinJM=?=']) {
      expect(await ses[which](sending({ FromEmailAddress: `${name} <${FROM}>` }))).toMatchObject(accepted)
    }
  })
})

const rejected = (type: string) => ({ status: 400, type })
const accepted = { status: 200 }
const fails = { status: 500 }

const to = (...addresses: string[]) => sending({ Destination: { ToAddresses: addresses } })
const header = (changes: object) => sending(simple({ Headers: [{ Name: 'X', Value: 'x', ...changes }] }))
const badRequest = rejected('BadRequestException')

/** The error that AWS documents, and the output of moto 5.1.1 if it is different. */
const REJECTIONS: [what: string, input: object, aws: object, moto?: object][] = [
  ['an unverified sender', sending({ FromEmailAddress: 'a@example.net' }), rejected('MessageRejected')],
  // The name of the error in API v1.
  ['a recipient without a domain', to('ada'), badRequest, rejected('InvalidParameterValue')],
  ['a recipient with white space', to('ada lovelace@example.org'), badRequest, accepted],
  ['no content', sending({ Content: undefined }), badRequest, fails],
  ['content without a subject', sending(simple({ Subject: undefined })), badRequest, fails],
  ['a subject without data', sending(simple({ Subject: {} })), badRequest, fails],
  ['content without a body', sending(simple({ Body: undefined })), badRequest, fails],
  ['a body without text and HTML', sending(simple({ Body: {} })), badRequest, fails],
  ['a line break in a header', header({ Value: 'x\r\nBcc: eve@example.net' }), badRequest, accepted],
  ['a long header', header({ Value: 'x'.repeat(871) }), badRequest, accepted],
  ['a header that SES sets', header({ Name: 'Subject' }), badRequest, accepted],
]

describe.each(REJECTIONS)('%s is rejected by', (_what, input, aws, other) => {
  test('local, as AWS documents it', async () => {
    expect(await ses.local(input)).toMatchObject(aws)
  })
  test(other === undefined ? 'moto, with the same error' : 'moto deviates as listed', async () => {
    expect(await ses.moto(input)).toMatchObject(other ?? aws)
  })
})

test('an error has a JSON body locally, as on AWS, and an XML body in moto', async () => {
  const input = sending({ FromEmailAddress: 'a@example.net' })
  expect(JSON.parse((await ses.local(input)).body)).toEqual({
    message:
      'Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: a@example.net',
  })
  expect((await ses.moto(input)).body).toContain('<Code>MessageRejected</Code>')
})
