import aws4 from 'aws4'
import { describe, expect, test } from 'vitest'
import { type Received, say, startFakeAws } from '../../test/support/aws/fake-aws.ts'
import { protocolOf, type Service } from './settings.ts'
import { requestSigner } from './sign.ts'

const REGION = 'eu-central-1'
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const withSession = { ...credentials, sessionToken: 'IQoJb3JpZ2luX2VjEA//+=' }

describe('the headers of a request are those of aws4', () => {
  test.each([
    ['for DynamoDB', 'dynamodb', 'GetItem', '{"TableName":"a"}', credentials],
    ['for KMS', 'kms', 'Sign', '{"KeyId":"alias/a"}', credentials],
    ['with a session token', 'dynamodb', 'GetItem', '{"TableName":"a"}', withSession],
    ['with a body beyond ASCII', 'kms', 'Sign', '{"KeyId":"kéy \u{1F511}"}', withSession],
    ['for Lambda', 'lambda', '/2015-03-31/functions/a-mailer/invocations', '{}', withSession],
    ['for SES', 'ses', '/v2/email/outbound-emails', '{"Content":{}}', withSession],
    ['with an empty input', 'dynamodb', 'BatchGetItem', '{}', withSession],
  ] as const)('%s', (_what, service, operation, body, signer) => {
    const host = `${service}.${REGION}.amazonaws.com`
    const sign = requestSigner({ region: REGION, credentials: signer, endpoints: {} }, service, host)
    const headers = membersOf(sign(operation, body, new Date('2026-11-25T00:00:00.999Z')))
    expect(headers).toEqual(headersOfAws4(signer, service, host, operation, body, '20261125T000000Z'))
  })

  test('with an own endpoint, on consecutive days and on the first one again', () => {
    const host = '127.0.0.1:8000'
    const sign = requestSigner({ region: REGION, credentials, endpoints: {} }, 'kms', host)
    for (const day of ['2026-12-31', '2027-01-01', '2026-12-31']) {
      const headers = membersOf(sign('Sign', '{}', new Date(`${day}T23:59:59Z`)))
      const instant = `${day.replaceAll('-', '')}T235959Z`
      expect(headers).toEqual(headersOfAws4(credentials, 'kms', host, 'Sign', '{}', instant))
    }
  })
})

test.each([
  ['dynamodb', 'GetItem', '/', { 'x-amz-target': 'DynamoDB_20120810.GetItem' }, 'application/x-amz-json-1.0'],
  ['kms', 'Sign', '/', { 'x-amz-target': 'TrentService.Sign' }, 'application/x-amz-json-1.1'],
  ['lambda', '/2015-03-31/x', '/2015-03-31/x', { 'x-amz-invocation-type': 'Event' }, 'application/json'],
  ['ses', '/v2/email/x', '/v2/email/x', {}, 'application/json'],
] as const)(
  'a request to %s arrives as it was signed',
  async (service, operation, url, more, contentType) => {
    const aws = await startFakeAws(say(200, { Result: 1 }))
    expect(await aws.call(service, operation, { KeyId: 'kéy' })).toEqual({ Result: 1 })
    const signer = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' }
    const [{ headers, ...request }] = aws.received as [Received]
    expect(request).toEqual({ method: 'POST', url, body: '{"KeyId":"kéy"}' })
    expect(headers).toEqual({
      ...headersOfAws4(
        signer,
        service,
        aws.url.host,
        operation,
        '{"KeyId":"kéy"}',
        String(headers['x-amz-date']),
      ),
      connection: service === 'ses' ? 'close' : 'keep-alive',
    })
    expect(headers).toMatchObject({ ...more, 'content-type': contentType })
    const ageMs =
      Date.now() - Date.parse(String(headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'))
    expect(ageMs).toBeGreaterThanOrEqual(0)
    expect(ageMs).toBeLessThan(5_000)
  },
)

const membersOf = (headers: readonly string[]) =>
  Object.fromEntries(headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : [])))

/** Returns the headers that aws4 sends, which passes the test suite of AWS. */
function headersOfAws4(
  signer: aws4.Credentials,
  service: Service,
  host: string,
  operation: string,
  body: string,
  instant: string,
) {
  const { target, contentType, headers: more = [] } = protocolOf(service)
  const headers = {
    'content-type': contentType,
    ...(target && { 'x-amz-target': `${target}.${operation}` }),
    'x-amz-date': instant,
    ...Object.fromEntries(more),
  }
  const path = target ? '/' : operation
  const request = { service, region: REGION, method: 'POST', path, host, headers, body }
  const signed = Object.entries(aws4.sign(request, signer).headers ?? {})
  return Object.fromEntries(signed.map(([name, value]) => [name.toLowerCase(), String(value)]))
}
