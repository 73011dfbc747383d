import { randomBytes } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { identityIdOf } from '../../lib/federation/identity.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../lib/mail/confirmation.ts'
import { claimMail } from '../../lib/mail/store.ts'
import { identityUsernameCounter } from '../../lib/throttling/counter.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import { findUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { addProvider, giveIdentity, inBrowser, startWaiting, type Waiting } from '../federation/identities.ts'
import type { AwsProxy } from '../support/aws/aws-proxy.ts'
import { keeping } from '../support/aws/table.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { describeService, type ServiceDescription } from '../support/process/service-description.ts'
import { addCaller, PASSWORD, type Run } from './factor-calls.ts'

/**
 * Makes the functions of identities do all that they can do to AWS: an account is created, a user adds an identity and removes it, and
 * an account with an identity gets a mail and is deleted.
 */
export async function runFederation(run: Run, table: Table): Promise<void> {
  const demo = await addProvider(table)
  const register = ({ identityToken, key }: Waiting, more: object = {}, setting: Parameters<Run>[2] = {}) => {
    const event = sampleEvent('new-identity')
    const body = JSON.stringify({ identityToken, ...more })
    return run('new-identity', { ...event, headers: { ...event.headers, ...inBrowser(key) }, body }, setting)
  }
  await register(await startWaiting(table, demo, { email: 'fay@example.org', isProven: true }), {
    session: 'cookie',
  })
  await register(await startWaiting(table, demo), await mailOf(table, 'registration'))
  await register(
    await startWaiting(table, demo, { email: 'demanded@example.org', isProven: true }),
    {},
    { described: demanding() },
  )
  // The address has an account now.
  const taken = await startWaiting(table, demo, { email: 'fay@example.org', isProven: true })
  await register(taken)
  const counter = identityUsernameCounter(identityIdOf(taken.claimed), new Date())
  for (let count = 0; count < 10; count += 1) {
    await reserveAttempt(keeping(table), [counter], `taken-${count}`, new Date())
  }
  await register(taken)

  const names = { username: 'gus', email: 'gus@example.org', emailVerified: true }
  const { id, call, newOldToken } = await addCaller(run, table, names, AMR.password)
  // The sign-in ends the session before it, and its outcome is unknown.
  const lostSignIn = await startWaiting(table, demo, { email: 'lost@example.org', isProven: true })
  await register(lostSignIn, { replaces: await newOldToken() }, loseSecond)
  const link = async ({ identityToken, key }: Waiting) =>
    call(
      'identities',
      'POST /identities',
      { identityToken, currentPassword: PASSWORD },
      { headers: inBrowser(key) },
    )
  const waiting = await startWaiting(table, demo, { userId: id })
  await link(waiting)
  await call('identities', 'identities', {})
  const pathId = identityIdOf(waiting.claimed)
  await call('identities', 'DELETE /identities/{id}', { currentPassword: PASSWORD }, { pathId })

  await giveIdentity(table, { id })
  await run('mailer', { kind: 'reset', mailId: 'federation', loginName: 'gus', at: new Date().toISOString() })
  const reset = await mailOf(table, 'reset', await findUser(table, id))
  await run('reset', { ...sampleEvent('reset'), body: JSON.stringify({ ...reset, password: PASSWORD }) })
  await giveIdentity(table, { id })
  await call('delete-me', 'delete-me', { currentPassword: PASSWORD })
}

/** Stores a confirmation. Returns its proof. */
async function mailOf(table: Table, kind: 'registration' | 'reset', user?: User) {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), kind === 'reset' ? undefined : 'Hal@Example.org')
  const bindings = user ? { userId: user.id, generation: user.generation, email: user.email } : {}
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation, code } = startConfirmation({ kind, mailId, bindings }, new Date(), random)
  const claim = { claimId: 'federation', invocationId: 'federation' }
  await claimMail(table, mailId, { claim, confirmation }, new Date())
  return { mailId, code }
}

/** Returns the service with a policy that demands a second factor of all. */
function demanding(): ServiceDescription {
  const service = describeService()
  const definition = service.functions['new-identity']
  const environment = { ...definition?.environment, REQUIRE_SECOND_FACTOR: 'all' }
  return { ...service, functions: { 'new-identity': { ...definition, environment } } } as ServiceDescription
}

/** Loses the response to the transaction that stores the session. The one before creates the account. */
const loseSecond = {
  prepare: (dynamodb: AwsProxy) =>
    dynamodb.inject({
      operation: 'TransactWriteItems',
      text: 'session#',
      say: (response) => response.destroy(),
    }),
}
