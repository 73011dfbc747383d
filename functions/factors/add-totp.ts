import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { requireStillAllowed } from '../../lib/authorization/step-up.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { findSurvivor } from '../../lib/factors/caller.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { verifyTotpSetup } from '../../lib/factors/totp/setup.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { TotpConfirmation } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { factorsOf, withFactor } from '../../lib/users/factors.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUser } from '../../lib/users/store.ts'

/** POST /factors/totp/confirm: adds the caller's new authenticator app, or replaces the earlier one. */
export const route: ReservingRoute<'FACTOR_KEY' | 'MAILER' | 'REQUIRE_SECOND_FACTOR'> = async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { userId, generation } = principal
  const { code } = readBody(event, TotpConfirmation)
  const user = await findUser(table, userId)
  requireUnrevoked(generation, user)
  requireStillAllowed(principal, user, config.REQUIRE_SECOND_FACTOR, now)

  const { writes, recoveryCodes } = await verifyTotpSetup(at, user, code)
  const survivingSession = await findSurvivor(table, principal, user, now)
  const factors = withFactor(user, 'totp')
  // A first or replaced second factor ends all sessions that began without it.
  const isReplaced = factors === user.factors
  const isRevoking = factorsOf(user).length === 0 || isReplaced
  const happening = { changes: ['totp'], detail: isReplaced ? 'replaced' : 'added' } as const
  const change = { factors, isRevoking, survivingSession, changeId: randomUUID(), writes, happening }
  if (!(await changeFactors(table, user, change, byUser(at, userId)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'totp-added', user)
  logEvent('info', { event: 'factor.added', userId, factor: 'totp' })
  return json(200, { recoveryCodes })
}
