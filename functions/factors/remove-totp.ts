import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { removeWithLastFactor } from '../../lib/factors/recovery-codes/store.ts'
import { refusal } from '../../lib/factors/refusals.ts'
import { removeTotp } from '../../lib/factors/totp/store.ts'
import { noContent } from '../../lib/http/responses.ts'
import { FactorChangeRequest } from '../../lib/http/schemas/factors.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'
import { factorsOf, needsFactor, withoutFactor } from '../../lib/users/factors.ts'

/** DELETE /factors/totp: removes the caller's authenticator app, ends all other sessions and revokes all access tokens. */
export const route: ReservingRoute<OwnerSetting | 'MAILER'> = async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { userId } = principal
  const { proof } = readProvedBody(event, FactorChangeRequest, at.config)
  const { user, spends, survivingSession } = await verifyCaller(at, principal, proof, 'removal')

  if (!factorsOf(user).includes('totp')) throw new ServiceError('not_found', 'no authenticator app')
  const factors = withoutFactor(user, 'totp')
  if (factors === undefined && needsFactor(user, config.REQUIRE_SECOND_FACTOR)) {
    throw refusal('last_factor', 'the policy demands a second factor', { userId })
  }
  const writes = [
    removeTotp(userId),
    ...(factors === undefined ? removeWithLastFactor(userId) : []),
    ...spends,
  ]
  const happening = { changes: ['totp'], detail: 'removed' } as const
  const change = { factors, isRevoking: true, survivingSession, changeId: randomUUID(), writes, happening }
  if (!(await changeFactors(table, user, change, byUser(at, userId)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'totp-removed', user)
  logEvent('info', { event: 'factor.removed', userId, factor: 'totp' })
  return noContent()
}
