import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { attributesOf, type Table } from '../../lib/aws/dynamodb.ts'
import { factorResetKey } from '../../lib/mail/factor-reset.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { putSession } from '../../lib/sessions/store.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { secondOf } from '../../lib/time.ts'
import { AMR } from '../../lib/users/factors.ts'
import { findUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { authenticator, wrongCodeFor } from '../support/authenticator.ts'
import type { AwsProxy } from '../support/aws-proxy.ts'
import { beginLogin } from '../support/fake-factor.ts'
import { sampleEvent } from '../support/lambda.ts'
import { keeping } from '../support/table.ts'
import { addTestUser } from '../support/users.ts'

/** Runs a function, and records its calls. */
export type Run = (
  functionKey: string,
  event: unknown,
  setting?: { prepare: (dynamodb: AwsProxy) => void },
) => Promise<unknown>

const PASSWORD = 'a password of a user with factors'

/** Refuses the first transaction. */
export const refused = {
  prepare: (dynamodb: AwsProxy) =>
    dynamodb.inject({
      operation: 'TransactWriteItems',
      say: (response: ServerResponse) => {
        const reasons = [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }, { Code: 'None' }]
        response.writeHead(400)
        response.end(
          JSON.stringify({ __type: 'x#TransactionCanceledException', CancellationReasons: reasons }),
        )
      },
    }),
}

/** Loses the response to a transaction. */
export const lost = {
  prepare: (dynamodb: AwsProxy) =>
    dynamodb.inject({ operation: 'TransactWriteItems', say: (response) => response.destroy() }),
}

/**
 * Makes the functions of codes do all that they can do to AWS: a user sets up an authenticator app, signs in with its codes and
 * with a recovery code, and removes it. The limit of wrong codes is reached. Some transactions are refused, and the response to one is lost.
 */
export async function runFactors(run: Run, table: Table): Promise<void> {
  const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
  const names = { username: 'bea', email: 'bea@example.org' }
  const { id } = await addTestUser(table, { ...names, emailVerified: true, passwordHash })
  const user = async () => (await findUser(table, id)) as User
  const now = new Date()

  const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
  const newSession = async () => {
    const random = randomBytes(SESSION_RANDOM_BYTES)
    const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
    const { session } = startSession(await user(), { amr: AMR.totp, origin, lifetimes }, now, random)
    await putSession(table, session)
    return session.id
  }
  const call = async (
    functionKey: string,
    file: string,
    body: object,
    setting?: typeof refused,
    acr = 'aal2',
  ) => {
    const event = sampleEvent(file)
    const { authorizer } = event.requestContext
    if (authorizer !== undefined) {
      const { generation } = await user()
      Object.assign(authorizer, {
        userId: id,
        generation: String(generation),
        sessionId: await newSession(),
        acr,
        authTime: String(secondOf(now)),
      })
    }
    const response = await run(functionKey, { ...event, body: JSON.stringify(body) }, setting)
    return JSON.parse(Object(response).body || '{}')
  }

  const { secret } = await call('factors', 'factors.json', { currentPassword: PASSWORD })
  const codeOf = authenticator(secret)
  await call('confirm-totp', 'confirm-totp.json', { code: codeOf(now) }, refused)
  await call('confirm-totp', 'confirm-totp.json', { code: codeOf(now) })
  const replace = { currentPassword: PASSWORD }
  await call('factors', 'factors-recovery-codes.json', replace, refused)
  const { recoveryCodes } = await call('factors', 'factors-recovery-codes.json', replace)

  const begin = async () => {
    const details = {
      replaces: `${id}.${await newSession()}`,
      pairSk: 'attempts#203.0.113.7#1',
      pairAttempts: ['earlier'],
    }
    return (await beginLogin(table, await user(), new Date(), details)).token
  }
  await table.aws('dynamodb', 'PutItem', {
    TableName: table.name,
    Item: { ...factorResetKey(id), ...attributesOf({ mailId: 'reset' }) },
  })
  await call('login', 'login.json', { username: 'bea', password: PASSWORD })
  const code = wrongCodeFor(codeOf, new Date())
  // The next wrong code is the last that is compared.
  for (let count = 0; count < 19; count += 1) {
    await reserveAttempt(keeping(table), [totpCounter(id, now)], `wrong-${count}`, now)
  }
  await call('login-factor', 'login-factor.json', { loginToken: await begin(), code })
  await call('login-factor', 'login-factor.json', { loginToken: await begin(), code })
  // A recovery code empties the counter.
  const spent = { loginToken: await begin(), code: recoveryCodes[0] }
  await call('login-factor', 'login-recovery-code.json', spent)
  await call('login-factor', 'login-factor.json', { loginToken: await begin(), code: codeOf(now, 1) }, lost)
  await call('login-factor', 'login-factor.json', { loginToken: await begin(), code: codeOf(now, 1) })

  await call('factors', 'factors-totp-remove.json', { currentPassword: PASSWORD }, undefined, 'aal1')
  await call('factors', 'factors-totp-remove.json', { currentPassword: PASSWORD })
}
