import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { requireStillAllowed } from '../../lib/authorization/step-up.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { findSurvivor } from '../../lib/factors/caller.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { summaryOf } from '../../lib/factors/passkeys/passkey.ts'
import { verifyNewPasskey } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { NewPasskey } from '../../lib/http/schemas/passkeys.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { factorsOf, withFactor } from '../../lib/users/factors.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUser } from '../../lib/users/store.ts'

/** POST /passkeys: adds a passkey to the caller's account. Its challenge shows that the caller gave the password before. */
export const route: TableRoute<'RP_ID' | 'RP_ORIGINS' | 'MAILER' | 'REQUIRE_SECOND_FACTOR'> = async (
  event,
  at,
) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const given = readBody(event, NewPasskey)
  const user = await findUser(table, principal.userId)
  requireUnrevoked(principal.generation, user)
  requireStillAllowed(principal, user, config.REQUIRE_SECOND_FACTOR, now)

  const changeId = randomUUID()
  const added = await verifyNewPasskey(at, { user }, given, changeId)
  const survivingSession = await findSurvivor(table, principal, user, now)
  const isRevoking = factorsOf(user).length === 0
  const factors = withFactor(user, 'passkey')
  const happening = { changes: ['passkey'], detail: 'added' } as const
  const change = { factors, isRevoking, survivingSession, changeId, writes: added.writes, happening }
  if (!(await changeFactors(table, user, change, byUser(at, user.id)))) {
    throw new ServiceError('conflict', 'the user changed, or the credential id is taken')
  }
  await notify(at, 'passkey-added', user)
  logEvent('info', { event: 'factor.added', userId: user.id, factor: 'passkey' })
  return json(200, { passkey: summaryOf(added.passkey), recoveryCodes: added.recoveryCodes })
}
