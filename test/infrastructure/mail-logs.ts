import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import type { MailEvent } from '../../lib/mail/event.ts'
import { mailKey } from '../../lib/mail/store.ts'
import { codeCounters } from '../../lib/throttling/mail-counters.ts'
import { sourceOf } from '../../lib/throttling/source.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import type { LocalAws } from '../../local/aws.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { keeping } from '../support/aws/table.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { describeService, type ServiceDescription, tableOf } from '../support/process/service-description.ts'

type Run = (
  functionKey: string,
  event: unknown,
  aws: LocalAws,
  service?: ServiceDescription,
) => Promise<unknown>

const newId = (address?: string) => newMailId(randomBytes(MAIL_ID_BYTES), address)
const at = new Date().toISOString()
const registration = (address: string): MailEvent => ({
  kind: 'registration',
  mailId: newId(address),
  at,
  origin: { sourceIp: '203.0.113.7', userAgent: 'test' },
})

/**
 * Makes functions log what can become of a mail other than being sent. It has no recipient, its recipient
 * gets too many, its event comes again, SES refuses it or does not respond, and Lambda tries again. Then a
 * source requests too many, and tries too many codes.
 *
 * @param run - Runs a function.
 */
export async function runMails(run: Run, aws: LocalAws): Promise<void> {
  await run('mailer', { kind: 'reset', mailId: newId(), loginName: 'unknown', at }, aws)
  for (let count = 0; count < 4; count += 1) await run('mailer', registration('often@example.org'), aws)

  const repeated = registration('repeated@example.org')
  await run('mailer', repeated, aws)
  await run('mailer', repeated, aws)

  const withSes = (ses: URL): LocalAws => {
    const endpoints = { ...aws.settings.endpoints, ses }
    return { ...aws, settings: { ...aws.settings, endpoints } }
  }
  const proxy = await startProxy(aws.settings.endpoints.ses)
  // A request to SES names no operation.
  proxy.inject({ operation: 'undefined', say: refuse })
  await run('mailer', registration('refused@example.org'), withSes(proxy.url))
  proxy.inject({ operation: 'undefined', say: refuseAddress })
  await run('mailer', registration('undeliverable@example.org'), withSes(proxy.url))
  proxy.inject({ operation: 'undefined', say: (response) => response.destroy() })
  const unknown = registration('unknown@example.org')
  await run('mailer', unknown, withSes(proxy.url))
  proxy.close()
  // All runs have one request id, so this is another try.
  await run('mailer', unknown, aws)

  const service = describeService()
  const { 'mail-requests': requests } = service.functions
  if (requests === undefined) throw new Error('the service has no function mail-requests')
  const environment = { ...requests.environment, LIMIT_MAIL_SOURCE: '1/3600' }
  const limited = { ...service, functions: { 'mail-requests': { ...requests, environment } } }
  for (let count = 0; count < 2; count += 1)
    await run('mail-requests', sampleEvent('POST /password/forgot'), aws, limited)

  const reset = sampleEvent('reset')
  const { sourceIp } = reset.requestContext.identity
  const [, ofSource] = codeCounters(mailKey(''), 'codes', sourceOf(sourceIp), new Date())
  for (let count = 0; count < ofSource.maxAttempts; count += 1) {
    await reserveAttempt(keeping(tableOf(service, aws)), [ofSource], `${count}`, new Date())
  }
  const guess = { mailId: newId(), code: '00000000', password: 'correct horse battery staple' }
  await run('reset', { ...reset, body: JSON.stringify(guess) }, aws)
}

const refuseAs = (type: string) => (response: ServerResponse) =>
  response.writeHead(400, { 'x-amzn-errortype': type }).end('{"message":"refused"}')
const refuse = refuseAs('MessageRejected')
const refuseAddress = refuseAs('BadRequestException')
