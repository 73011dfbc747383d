import { randomBytes } from 'node:crypto'
import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import type { Passkey } from '../../lib/factors/passkeys/passkey.ts'
import { addPasskey } from '../../lib/factors/passkeys/store.ts'
import { newKey } from '../../lib/federation/try.ts'
import { BOUND_MAIL_ID_BYTES, newBoundMailId } from '../../lib/mail/browser.ts'
import { CONFIRMATION_RANDOM_BYTES, startConfirmation } from '../../lib/mail/confirmation.ts'
import { announcement, storeFactorReset } from '../../lib/mail/factor-reset.ts'
import { claimMail } from '../../lib/mail/store.ts'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { reserveAttempt } from '../../lib/throttling/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import { changeUser, findUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { addFakeFactor } from '../support/users/fake-factor.ts'
import { testAct } from '../support/users/users.ts'
import { addCaller, lost, type Run, refused } from './factor-calls.ts'

const email = 'mia@example.org'

const PASSKEY: Passkey = {
  credentialId: 'credential of mia',
  publicKey: 'key',
  counter: 0,
  deviceType: 'singleDevice',
  backedUp: false,
  uvInitialized: true,
  name: 'Passkey',
  createdAt: '2026-11-26T09:00:00.000Z',
}

/**
 * Makes `login-mail` do all that it can do to AWS: a user signs in by mails, renews and ends sessions, must add a factor, has one, and has one
 * whose reset has elapsed. Some transactions are refused, and the response to one is lost.
 */
export async function runMailSignIns(run: Run, table: Table): Promise<void> {
  const { id, now, call, newSession, newOldToken, storeReset } = await addCaller(
    run,
    table,
    { username: 'mia', email, emailVerified: true },
    AMR.password,
  )
  const user = async () => (await findUser(table, id)) as User
  const browserKey = newKey()
  const confirm = async (more: object = {}, setting?: typeof refused) => {
    const mailId = newBoundMailId(randomBytes(BOUND_MAIL_ID_BYTES), browserKey, email)
    const { generation } = await user()
    const details = { kind: 'sign-in', mailId, bindings: { userId: id, generation, email } } as const
    const started = startConfirmation(details, new Date(), randomBytes(CONFIRMATION_RANDOM_BYTES))
    const claim = { claimId: 'run', invocationId: 'run' }
    await claimMail(table, mailId, { claim, confirmation: started.confirmation }, new Date())
    const body = { mailId, code: started.code, browserKey, ...more }
    return call('login-mail', 'POST /login/mail/confirm', body, { setting })
  }

  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const mailId = newBoundMailId(randomBytes(BOUND_MAIL_ID_BYTES), browserKey, email)
  await run('mailer', { kind: 'sign-in', mailId, at: now.toISOString(), origin })
  await confirm({}, refused)
  await confirm({}, lost)
  await confirm({ replaces: (await newSession()).refreshToken })
  await confirm({ replaces: await newOldToken() })
  await storeReset()
  await reserveAttempt({ ...table, reserved: [] }, [totpCounter(id, now)], 'wrong', now)
  await confirm()
  const before = await user()
  const changes = { mustEnrol: true, generation: before.generation + 1 }
  await changeUser(table, before, { changes, changeId: 'must enrol' }, testAct())
  await confirm()
  await addFakeFactor(table, await user())
  await confirm({ replaces: (await newSession()).refreshToken })
  await transact(table, addPasskey(id, PASSKEY))
  await storeFactorReset(table, id, 'reset', testAct())
  await transact(table, [announcement(id, 'reset', 86_400, new Date(Date.now() - 2 * 86_400_000))])
  await confirm()
}
