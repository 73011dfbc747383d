import { randomBytes, randomUUID } from 'node:crypto'
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
import { beginLogin } from '../support/fake-factor.ts'
import { sampleEvent } from '../support/lambda.ts'
import { keeping } from '../support/table.ts'
import { addTestUser } from '../support/users.ts'
import { createPasskey, usePasskey } from '../support/webauthn/authenticator.ts'
import { lost, type Run, refused } from './factor-calls.ts'

const PASSWORD = 'a password of a user with passkeys'
const ORIGIN = 'http://localhost:3000'

/**
 * Makes the functions of passkeys do all that they can do to AWS: a user adds a passkey, signs in with it alone and as second
 * factor, removes it, and deletes the account with another one. Some transactions are refused, and the response to one is lost.
 */
export async function runPasskeys(run: Run, table: Table): Promise<void> {
  const passwordHash = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))
  const { id } = await addTestUser(table, { username: 'cleo', email: 'cleo@example.org', passwordHash })
  const user = async () => (await findUser(table, id)) as User
  const now = new Date()

  const newSession = async () => {
    const random = randomBytes(SESSION_RANDOM_BYTES)
    const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
    const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
    const { session, refreshToken } = startSession(
      await user(),
      { amr: AMR.passkey, origin, lifetimes },
      now,
      random,
    )
    await putSession(table, session)
    return { id: session.id, refreshToken }
  }
  const call = async (
    functionKey: string,
    file: string,
    body: object,
    setting?: typeof refused,
    pathId?: string,
  ) => {
    const event = sampleEvent(`${file}.json`)
    const { authorizer } = event.requestContext
    if (authorizer !== undefined) {
      Object.assign(authorizer, {
        userId: id,
        generation: String((await user()).generation),
        sessionId: (await newSession()).id,
        acr: 'aal2',
        authTime: String(secondOf(now)),
      })
    }
    const pathParameters = pathId === undefined ? null : { id: pathId }
    const response = await run(functionKey, { ...event, body: JSON.stringify(body), pathParameters }, setting)
    return JSON.parse(Object(response).body || '{}')
  }

  const add = async (setting?: typeof refused) => {
    const options = await call('factors', 'passkeys-options', { currentPassword: PASSWORD })
    const { passkey, response } = createPasskey(options, ORIGIN)
    const added = await call('add-passkey', 'add-passkey', { response }, setting)
    return { passkey, added }
  }
  await add(refused)
  const { passkey, added } = await add()

  const signIn = async (setting?: typeof refused) => {
    await table.aws('dynamodb', 'PutItem', {
      TableName: table.name,
      Item: { ...factorResetKey(id), ...attributesOf({ mailId: 'reset' }) },
    })
    await reserveAttempt(keeping(table), [totpCounter(id, now)], randomUUID(), now)
    const options = await call('login-passkey', 'login-passkey-options', {})
    const response = usePasskey(passkey, options, ORIGIN)
    const replaces = (await newSession()).refreshToken
    await call('login-passkey', 'login-passkey', { response, replaces }, setting)
  }
  await signIn(lost)
  await signIn()
  const details = {
    replaces: `${id}.${(await newSession()).id}`,
    pairSk: 'attempts#203.0.113.7#1',
    pairAttempts: ['earlier'],
  }
  const { token: loginToken } = await beginLogin(table, await user(), new Date(), details)
  const options = await call('login-passkey', 'login-passkey-options', { loginToken })
  await call('login-passkey', 'login-passkey', { loginToken, response: usePasskey(passkey, options, ORIGIN) })

  const removal = { currentPassword: PASSWORD }
  await call('factors', 'passkeys-remove', removal, undefined, added.passkey.id)
  await add()
  await call('delete-me', 'delete-me', { currentPassword: PASSWORD })
}
