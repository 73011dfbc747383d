import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { requireStillAllowed } from '../../lib/authorization/step-up.ts'
import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { findSurvivor } from '../../lib/factors/caller.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import type { RelyingParty } from '../../lib/factors/passkeys/ceremony.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { verifyNewPasskey } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { NewPasskey } from '../../lib/http/schemas/passkeys.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { factorsOf, withFactor } from '../../lib/users/factors.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUser } from '../../lib/users/store.ts'

type Settings = RelyingParty & Config<'TABLE_NAME' | 'MAILER' | 'REQUIRE_SECOND_FACTOR'>

/** POST /passkeys: adds a passkey to the caller's account. Its challenge shows that the caller gave the password before. */
export const route: RouteHandler<Settings> = async (event, { now, deadlineMs }, config) => {
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const principal = principalOf(event, now)
  const { userId, generation } = principal
  const given = readBody(event, NewPasskey)
  const user = await findUser(table, userId)
  requireUnrevoked(generation, user)
  requireStillAllowed(principal, user, config.REQUIRE_SECOND_FACTOR, now)

  const changeId = randomUUID()
  const added = await verifyNewPasskey({ table, config, now }, { user }, given, changeId)
  const survivingSession = await findSurvivor(table, principal, user, now)
  const isRevoking = factorsOf(user).length === 0
  const factors = withFactor(user, 'passkey')
  const change = { factors, isRevoking, survivingSession, changeId, writes: added.writes }
  if (!(await changeFactors(table, user, change, now))) {
    throw new ServiceError('conflict', 'the user changed, or the credential id is taken')
  }
  await notify({ table, config, origin: originOf(event), now }, 'passkey-added', user)
  logEvent('info', { event: 'factor.added', userId, factor: 'passkey' })
  return json(200, { passkey: summaryOf(added.passkey), recoveryCodes: added.recoveryCodes })
}
