import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import { refusal } from '../../lib/factors/refusals.ts'
import { json } from '../../lib/http/responses.ts'
import { FactorChangeRequest } from '../../lib/http/schemas/factors.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'
import { factorsOf } from '../../lib/users/factors.ts'

/** POST /factors/recovery-codes: replaces the caller's recovery codes. */
export const route: ReservingRoute<OwnerSetting | 'MAILER'> = async (event, at) => {
  const { table, now } = at
  const principal = principalOf(event, now)
  const { userId } = principal
  const { proof } = readProvedBody(event, FactorChangeRequest, at.config)
  const { user, spends } = await verifyCaller(at, principal, proof, 'recovery-codes')

  // Without a factor, the password is enough to sign in.
  if (factorsOf(user).length === 0) throw refusal('no_factor', 'recovery codes without a factor', { userId })
  const { codes, write } = newRecoveryCodes(userId, now)
  const { factors } = user
  const happening = { changes: ['recovery-codes'], detail: 'replaced' } as const
  const change = { factors, isRevoking: false, changeId: randomUUID(), writes: [write, ...spends], happening }
  if (!(await changeFactors(table, user, change, byUser(at, userId)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'recovery-codes-replaced', user)
  logEvent('info', { event: 'factor.added', userId, factor: 'recovery-codes' })
  return json(200, { recoveryCodes: codes })
}
