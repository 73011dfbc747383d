import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { sendForAll } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'

const service = await useLocalService({ folder: fileURLToPath(new URL('./other-service', import.meta.url)) })

const aws = withTimeout(clientOf(service.output()), 5_000)

const FUNCTION = 'other-dev-fragile'

describe('an asynchronous invocation', () => {
  test('of a function that throws twice succeeds at the third attempt', async () => {
    expect(await invoke({ id: 'twice', failures: 2 })).toEqual({})
    await expect.poll(() => attemptsOf('twice')).toHaveLength(3)
  })

  test('of a function that throws three times is a dead letter, and the service runs on', async () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
    expect(await invoke({ id: 'thrice', failures: 3, token })).toEqual({})
    await expect
      .poll(() => lines().filter((line) => line.startsWith('Dead letter:')))
      .toEqual([
        `Dead letter: ${FUNCTION} failed 3 times: failure 3 {"id":"thrice","failures":3,"token":"<token>"}`,
      ])
    expect(attemptsOf('thrice')).toHaveLength(3)
    const headers = { Authorization: 'Bearer all' }
    expect((await sendForAll(`${service.url}/`, 'GET', headers)).status).toBe(200)
  })

  test('of an unknown function fails', async () => {
    await expect(invoke({}, 'other-dev-echo')).rejects.toMatchObject({
      cause: { name: 'ResourceNotFoundException', status: 404 },
    })
  })
})

describe('the mailbox', () => {
  const mail = (from: string) => ({
    FromEmailAddress: from,
    Destination: { ToAddresses: ['ada@example.org'] },
    Content: {
      Simple: {
        Subject: { Data: 'Hello <b>Ada</b>' },
        Body: { Text: { Data: 'Open http://localhost/confirm#token.' } },
      },
    },
  })
  const get = (path: string) => sendForAll(`${service.url}${path}`, 'GET')

  test('shows a mail that was sent with SES', async () => {
    const { MessageId } = await aws('ses', '/v2/email/outbound-emails', mail('a@example.org'))
    const { status, headers, body } = await get('/mailbox.json')
    expect({ status, headers, mails: JSON.parse(body) }).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      },
      mails: [
        expect.objectContaining({
          id: MessageId,
          to: 'ada@example.org',
          link: 'http://localhost/confirm#token',
        }),
      ],
    })
    for (const path of ['/mailbox', `/mailbox/${MessageId}`]) {
      const page = await get(path)
      expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } })
      expect(page.body).toContain('Hello &lt;b&gt;Ada&lt;/b&gt;')
    }
    expect((await get(`/mailbox/${MessageId}/html`)).status).toBe(404)
    expect((await get('/mailbox/none')).status).toBe(404)
  })

  test('has no mail of an unverified sender', async () => {
    await expect(aws('ses', '/v2/email/outbound-emails', mail('a@example.net'))).rejects.toMatchObject({
      cause: { name: 'MessageRejected', status: 400 },
    })
    expect((await get('/mailbox')).body).not.toContain('example.net')
  })

  test.for([
    ['127.0.0.1:1', 200],
    ['LOCALHOST', 200],
    ['[::1]:3000', 200],
    ['rebound.example:3000', 403],
    ['localhost.rebound.example', 403],
  ] as const)('answers a request to the host %s with %i', async ([Host, status]) => {
    for (const path of ['/mailbox', '/mailbox.json', '/mailbox/none/html']) {
      const { status: actual, body } = await sendForAll(`${service.url}${path}`, 'GET', { Host })
      expect(actual, path).toBe(status === 200 && path.endsWith('html') ? 404 : status)
      if (status === 403)
        expect(body).toBe('Open the mailbox at localhost, 127.0.0.1, [::1] or the value of --host.')
    }
    // Everything else has the same answer for every host, as the gateway's own domain is unknown here.
    expect((await sendForAll(`${service.url}/`, 'GET', { Host })).status).toBe(401)
  })

  test.each(['POST', 'HEAD', 'DELETE', 'OPTIONS'])('rejects %s', async (method) => {
    expect((await sendForAll(`${service.url}/mailbox`, method)).status).toBe(404)
  })
})

const invoke = (event: object, name = FUNCTION) =>
  aws('lambda', `/2015-03-31/functions/${name}/invocations`, event)

const lines = () => service.output().split('\n')

const attemptsOf = (id: string) => lines().filter((line) => line.startsWith(`${id}: attempt`))

/** Returns a client of the endpoints that the service prints. */
function clientOf(output: string) {
  const [, endpoints = '{}'] = /^(\{.*\}) is running at/m.exec(output) ?? []
  const urls = Object.entries(JSON.parse(endpoints)).map(([name, url]) => [name, new URL(String(url))])
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return awsClient({ region: 'eu-central-1', credentials, endpoints: Object.fromEntries(urls) })
}
