import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { type CallerSetting, verifyCaller } from '../../lib/factors/caller.ts'
import { changeFactors } from '../../lib/factors/change.ts'
import { removalOfPasskey } from '../../lib/factors/removal.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasskeyRemoval } from '../../lib/http/schemas/passkeys.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'

/** DELETE /passkeys/{id}: removes one of the caller's passkeys, ends all other sessions and revokes all access tokens. */
export const route: ReservingRoute<CallerSetting | 'MAILER'> = async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { currentPassword } = readBody(event, PasskeyRemoval)
  const caller = await verifyCaller(at, principal, currentPassword)
  const { user, survivingSession } = caller

  const { factors, writes } = await removalOfPasskey(table, config, user, event.pathParameters?.id)
  const happening = { changes: ['passkey'], detail: 'removed' } as const
  const change = { factors, isRevoking: true, survivingSession, changeId: randomUUID(), writes, happening }
  if (!(await changeFactors(table, user, change, byUser(at, user.id)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'passkey-removed', user)
  logEvent('info', { event: 'factor.removed', userId: user.id, factor: 'passkey' })
  return noContent()
}
