import { randomBytes } from 'node:crypto'
import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import { identityIdOf } from '../../lib/federation/identity.ts'
import { type Change, newChangeMailId } from '../../lib/mail/change.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../lib/mail/confirmation.ts'
import { claimMail } from '../../lib/mail/store.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import { CHANGE_TOKEN_RANDOM_BYTES, startChangeToken } from '../../lib/proofs/change-token.ts'
import { AMR } from '../../lib/users/factors.ts'
import { findUser, replaceHash } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { giveIdentity } from '../federation/identities.ts'
import { createPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'
import { addCaller, PASSWORD, type Run } from './factor-calls.ts'

const ORIGIN = 'http://localhost:3000'

/**
 * Makes the functions of changes do all that they can do to AWS for a user without a password: the user proves changes by a passkey and
 * by a mail, and makes them.
 */
export async function runProofs(run: Run, table: Table): Promise<void> {
  const names = { username: 'pat', email: 'pat@example.org', emailVerified: true }
  const { id, call, newSession } = await addCaller(run, table, names, AMR.passkey)
  const user = async () => (await findUser(table, id)) as User
  const options = await call('factors', 'POST /passkeys/options', { currentPassword: PASSWORD })
  const { passkey, response } = createPasskey(options, ORIGIN)
  await call('add-passkey', 'add-passkey', { response })
  await replaceHash(table, await user(), { passwordHash: DECOY_HASH })

  const sessionId = (await newSession()).id
  const prove = (route: string, body: object) => call('proof', route, body, { sessionId })
  await prove('GET /proof/ways', {})
  await prove('POST /proof/mail', { change: 'removal' })
  const asked = await prove('POST /proof/passkey', { change: 'removal' })
  await prove('POST /proof/confirm', { change: 'removal', response: usePasskey(passkey, asked, ORIGIN) })
  const mailId = newChangeMailId(randomBytes(MAIL_ID_BYTES), { change: 'removal', sessionId, acr: 'aal2' })
  const code = await confirm('change', mailId)
  await prove('POST /proof/confirm', { change: 'removal', mailId, code })

  const identity = await giveIdentity(table, { id })
  const change = async (functionKey: string, route: string, name: Change, more: object = {}) => {
    const random = randomBytes(CHANGE_TOKEN_RANDOM_BYTES)
    const proved = { sessionId, change: name, acr: 'aal2' } as const
    const { token: changeToken, write } = startChangeToken(await user(), proved, new Date(), random)
    await transact(table, [write])
    const { pathId, ...body }: { pathId?: string } = more
    await call(functionKey, route, { ...body, changeToken }, { sessionId, ...(pathId && { pathId }) })
  }
  await change('factors', 'POST /factors/recovery-codes', 'recovery-codes')
  await change('identities', 'DELETE /identities/{id}', 'identities', { pathId: identityIdOf(identity) })
  await change('change-email', 'change-email', 'address', { email: 'pats@example.org' })
  await change('change-email', 'PUT /me/locale', 'locale', { locale: 'en' })
  const address = newMailId(randomBytes(MAIL_ID_BYTES), 'pats@example.org')
  const confirmed = { mailId: address, code: await confirm('address', address) }
  await call('confirm-email', 'confirm-email', confirmed, { sessionId })
  await change('delete-me', 'delete-me', 'deletion')

  async function confirm(kind: 'address' | 'change', mailId: string): Promise<string> {
    const { id: userId, generation, email } = await user()
    const bindings = { userId, generation, email }
    const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
    const { confirmation, code } = startConfirmation({ kind, mailId, bindings }, new Date(), random)
    const claim = { claimId: 'proofs', invocationId: 'proofs' }
    await claimMail(table, mailId, { claim, confirmation }, new Date())
    return code
  }
}
