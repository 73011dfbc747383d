import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import { withSecret } from '../../lib/sessions/refresh-token.ts'
import { AMR } from '../../lib/users/factors.ts'
import { addProvider, browserAt, link, type Sending } from '../federation/browser.ts'
import { startFarEnd } from '../federation/far-end.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { giveFactors } from '../support/users/users.ts'
import { addCaller, lost, type Run } from './factor-calls.ts'

/**
 * Makes the function of identity providers do all that it can do to AWS: a stranger arrives, and a user signs in, with and without an
 * earlier session and second factors. The response to a transaction is lost, and the provider fails.
 *
 * @param origin - Of the public URL of the service.
 */
export async function runProviders(run: Run, table: Table, origin: string): Promise<void> {
  const farEnd = await startFarEnd()
  // The local service has a provider of its own.
  const { id: provider } = await addProvider(table, farEnd, { id: 'other' })
  const user = { username: 'fred', email: 'fred@example.org', emailVerified: true }
  const { id, newSession } = await addCaller(run, table, user, AMR.password)
  let setting: typeof lost | undefined
  const ask: Parameters<typeof browserAt>[0]['ask'] = async (route, { body, headers, sourceIp } = {}) => {
    const event = { ...sampleEvent(route), headers: { ...headers, Origin: origin }, multiValueHeaders: {} }
    const { requestContext } = Object(event)
    const identity = { ...requestContext.identity, ...(sourceIp && { sourceIp }) }
    const sent = { ...event, body: JSON.stringify(body), requestContext: { ...requestContext, identity } }
    const { statusCode, headers: got, body: text } = Object(await run('federation', sent, setting))
    return { status: statusCode, headers: got, text }
  }
  const signIn = async (sending: Sending = {}) => browserAt({ ask }, farEnd, provider).signIn(sending)
  await signIn()
  await link(table, id, { issuer: farEnd.url, subject: 'a-subject' })
  await signIn({ sourceIp: '203.0.113.20' })
  const { refreshToken } = await newSession()
  await signIn({ body: { replaces: refreshToken } })
  setting = lost
  await signIn()
  setting = undefined
  const { refreshToken: another } = await newSession()
  await signIn({ body: { replaces: withSecret(another, 'A'.repeat(43)) } })
  await giveFactors(table, { id })
  await transact(table, [newRecoveryCodes(id, new Date()).write])
  await signIn({ body: { replaces: refreshToken } })
  const browser = browserAt({ ask }, farEnd, provider)
  await browser.begin()
  await browser.respond('no state')
  farEnd.respond('/token', (response) => response.writeHead(502).end())
  await signIn()
}
