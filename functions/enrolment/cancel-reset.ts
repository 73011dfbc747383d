import { transact } from '../../lib/aws/dynamodb.ts'
import { byUser } from '../../lib/events/event.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { FactorResetCancellation } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { cancellation, resetEventOf } from '../../lib/mail/factor-reset.ts'
import { spend } from '../../lib/mail/store.ts'
import { invalidLink, verifyProof } from '../../lib/mail/verify.ts'

/**
 * POST /factors/cancel-reset: cancels an operator's reset of second factors, with the link of its notice. The
 * link of an earlier notice also cancels a later reset: the user does not want to lose the factors.
 */
export const route: ReservingRoute = async (event, at) => {
  const { table, origin, now } = at
  const { token } = readBody(event, FactorResetCancellation)
  const { confirmation, mailId } = await verifyProof(table, ['cancel-reset'], { token, ...origin }, now)
  const { userId = '' } = confirmation
  const happened = resetEventOf(table, byUser(at, userId), userId, 'cancelled')
  const refused = await transact(table, [spend(mailId, now), cancellation(userId), happened])
  if (refused) throw invalidLink('spent, or there is no reset')
  logEvent('info', { event: 'factor.reset', userId, outcome: 'cancelled' })
  return noContent()
}
