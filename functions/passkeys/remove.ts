import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { removalOfPasskey } from '../../lib/factors/removal.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasskeyRemoval } from '../../lib/http/schemas/passkeys.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'

/** DELETE /passkeys/{id}: removes one of the caller's passkeys, ends all other sessions and revokes all access tokens. */
export const route: ReservingRoute<OwnerSetting | 'MAILER'> = async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { proof } = readProvedBody(event, PasskeyRemoval, at.config)
  const { user, spends, survivingSession } = await verifyCaller(at, principal, proof, 'removal')

  const removal = await removalOfPasskey(table, config, user, event.pathParameters?.id)
  const { factors } = removal
  const writes = [...removal.writes, ...spends]
  const happening = { changes: ['passkey'], detail: 'removed' } as const
  const change = { factors, isRevoking: true, survivingSession, changeId: randomUUID(), writes, happening }
  if (!(await changeFactors(table, user, change, byUser(at, user.id)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'passkey-removed', user)
  logEvent('info', { event: 'factor.removed', userId: user.id, factor: 'passkey' })
  return noContent()
}
