import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { attributesOf, type Table } from '../../lib/aws/dynamodb.ts'
import { factorResetKey } from '../../lib/mail/factor-reset.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { withSecret } from '../../lib/sessions/refresh-token.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { secondOf } from '../../lib/time.ts'
import { AMR, type Amr } from '../../lib/users/factors.ts'
import { findUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import type { AwsProxy } from '../support/aws/aws-proxy.ts'
import { keeping } from '../support/aws/table.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import type { ServiceDescription } from '../support/process/service-description.ts'
import { authenticator, wrongCodeFor } from '../support/users/authenticator.ts'
import { beginLogin } from '../support/users/fake-factor.ts'
import { addTestUser, storeSession } from '../support/users/users.ts'

/** Runs a function, and records its calls. */
export type Run = (
  functionKey: string,
  event: unknown,
  setting?: { prepare?: (dynamodb: AwsProxy) => void; described?: ServiceDescription },
) => Promise<unknown>

export const PASSWORD = 'a password of a user with factors'

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

interface CallSetting {
  setting?: typeof refused | undefined
  acr?: string
  pathId?: string
  /** Of a session; by default a new one. */
  sessionId?: string
  headers?: Record<string, string>
}

/** Adds a user with {@link PASSWORD}. @returns What calls functions as that user, signed in by a method just now. */
export async function addCaller(run: Run, table: Table, names: Parameters<typeof addTestUser>[1], amr: Amr) {
  const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
  const { id } = await addTestUser(table, { ...names, passwordHash })
  const user = async () => (await findUser(table, id)) as User
  const now = new Date()

  const newSession = async () => {
    const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
    const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
    const random = randomBytes(SESSION_RANDOM_BYTES)
    const { session, refreshToken } = startSession(
      await user(),
      { amr, inCookie: true, origin, lifetimes },
      now,
      random,
    )
    await storeSession(table, session)
    return { id: session.id, refreshToken }
  }
  /** Returns an older token of a session, which a sign-in ends. */
  const newOldToken = async () => withSecret((await newSession()).refreshToken, 'A'.repeat(43))
  return {
    id,
    now,
    newSession,
    newOldToken,
    /** Calls a function with a sample event and another body. */
    async call(functionKey: string, sample: string, body: object, more: CallSetting = {}) {
      const { setting, acr = 'aal2', pathId, sessionId, headers = {} } = more
      const event = sampleEvent(sample)
      const { authorizer } = event.requestContext
      if (authorizer !== undefined) {
        Object.assign(authorizer, {
          userId: id,
          generation: String((await user()).generation),
          sessionId: sessionId ?? (await newSession()).id,
          acr,
          authTime: String(secondOf(now)),
        })
      }
      const pathParameters = pathId === undefined ? event.pathParameters : { id: pathId }
      const changes = {
        body: JSON.stringify(body),
        pathParameters,
        headers: { ...event.headers, ...headers },
      }
      const response = await run(functionKey, { ...event, ...changes }, setting)
      return JSON.parse(Object(response).body || '{}')
    },
    /** Begins a sign-in in the browser of a session, and returns its login token. The sign-in renews the session. */
    async begin(replaces?: string): Promise<string> {
      const details = {
        replaces: replaces ?? (await newSession()).refreshToken,
        pairSk: 'attempts#203.0.113.7#1',
        pairAttempts: ['earlier'],
      }
      return (await beginLogin(table, await user(), new Date(), details)).token
    },
    storeReset: () =>
      table.aws('dynamodb', 'PutItem', {
        TableName: table.name,
        Item: { ...factorResetKey(id), ...attributesOf({ mailId: 'reset' }) },
      }),
  }
}

/**
 * Makes the functions of codes do all that they can do to AWS: a user sets up an authenticator app, signs in with its codes and
 * with a recovery code, and removes it. The limit of wrong codes is reached. Some transactions are refused, and the response to one is lost.
 */
export async function runFactors(run: Run, table: Table): Promise<void> {
  const names = { username: 'bea', email: 'bea@example.org', emailVerified: true }
  const { id, now, call, begin, newOldToken, storeReset } = await addCaller(run, table, names, AMR.totp)

  const { secret } = await call('factors', 'factors', { currentPassword: PASSWORD })
  const codeOf = authenticator(secret)
  await call('confirm-totp', 'confirm-totp', { code: codeOf(now) }, { setting: refused })
  await call('confirm-totp', 'confirm-totp', { code: codeOf(now) })
  const replace = { currentPassword: PASSWORD }
  await call('factors', 'POST /factors/recovery-codes', replace, { setting: refused })
  const { recoveryCodes } = await call('factors', 'POST /factors/recovery-codes', replace)

  await storeReset()
  await call('login', 'login', { username: 'bea', password: PASSWORD })
  const code = wrongCodeFor(codeOf, new Date())
  // The next wrong code is the last that is compared.
  for (let count = 0; count < 19; count += 1) {
    await reserveAttempt(keeping(table), [totpCounter(id, now)], `wrong-${count}`, now)
  }
  await call('login-factor', 'login-factor', { loginToken: await begin(), code })
  await call('login-factor', 'login-factor', { loginToken: await begin(), code })
  // A recovery code empties the counter.
  const spent = { loginToken: await begin(), code: recoveryCodes[0] }
  await call('login-factor', 'POST /login/recovery-code', spent)
  for (const setting of [lost, undefined]) {
    const correct = { loginToken: await begin(await newOldToken()), code: codeOf(now, 1) }
    await call('login-factor', 'login-factor', correct, { setting })
  }

  await call('factors', 'DELETE /factors/totp', { currentPassword: PASSWORD }, { acr: 'aal1' })
  await call('factors', 'DELETE /factors/totp', { currentPassword: PASSWORD })
}
