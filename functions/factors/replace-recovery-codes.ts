import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import type { Config } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { type CallerConfig, verifyCaller } from '../../lib/factors/caller.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes-store.ts'
import { refusal } from '../../lib/factors/refusals.ts'
import { readBody } from '../../lib/http/body.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { FactorChangeRequest } from '../../lib/http/schemas.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'
import { factorsOf } from '../../lib/users/factors.ts'

type Settings = CallerConfig & Config<'TABLE_NAME' | 'MAILER'>

/** POST /factors/recovery-codes: replaces the caller's recovery codes. */
export const handler: RouteHandler<Settings> = async (event, { now, ...request }, config) => {
  const table = reservingTable(request, config.TABLE_NAME)
  const principal = principalOf(event, now)
  const { userId } = principal
  const { currentPassword } = readBody(event, FactorChangeRequest)
  const origin = originOf(event)
  const { user } = await verifyCaller(table, config, principal, currentPassword, origin, now)

  // Without a factor, the password alone signs in.
  if (factorsOf(user).length === 0) throw refusal('no_factor', 'recovery codes without a factor', { userId })
  const { codes, write } = newRecoveryCodes(userId, now)
  const change = { factors: user.factors, isRevoking: false }
  if (!(await changeFactors(table, user, change, now, randomUUID(), [write]))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(table, config.MAILER, 'recovery-codes-replaced', user, origin, now)
  logEvent('info', { event: 'factor.added', userId, factor: 'recovery-codes' })
  return json(200, { recoveryCodes: codes })
}
