import { randomUUID } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import { keeping } from '../support/aws/table.ts'
import { createPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'
import { addCaller, lost, PASSWORD, type Run, refused } from './factor-calls.ts'

const ORIGIN = 'http://localhost:3000'

/**
 * Makes the functions of passkeys do all that they can do to AWS: a user adds a passkey, and signs in with it
 * as both factors and as the second one. The user removes it, and deletes the account with another one. Some
 * transactions are refused, and the response to one is lost.
 */
export async function runPasskeys(run: Run, table: Table): Promise<void> {
  const names = { username: 'cleo', email: 'cleo@example.org' }
  const { id, now, newOldToken, call, begin, storeReset } = await addCaller(run, table, names, AMR.passkey)

  const add = async (setting?: typeof refused) => {
    const options = await call('factors', 'POST /passkeys/options', { currentPassword: PASSWORD })
    const { passkey, response } = createPasskey(options, ORIGIN)
    const added = await call('add-passkey', 'add-passkey', { response }, { setting })
    return { passkey, added }
  }
  await add(refused)
  const { passkey, added } = await add()

  const signIn = async (setting?: typeof refused) => {
    await storeReset()
    await reserveAttempt(keeping(table), [totpCounter(id, now)], randomUUID(), now)
    const options = await call('login-passkey', 'POST /login/passkey/options', {})
    const response = usePasskey(passkey, options, ORIGIN)
    const replaces = await newOldToken()
    await call('login-passkey', 'POST /login/passkey', { response, replaces }, { setting })
  }
  await signIn(lost)
  await signIn()
  const loginToken = await begin()
  const options = await call('login-passkey', 'POST /login/passkey/options', { loginToken })
  await call('login-passkey', 'POST /login/passkey', {
    loginToken,
    response: usePasskey(passkey, options, ORIGIN),
  })

  const removal = { currentPassword: PASSWORD }
  await call('factors', 'DELETE /passkeys/{id}', removal, { pathId: added.passkey.id })
  await add()
  await call('delete-me', 'delete-me', { currentPassword: PASSWORD })
}
