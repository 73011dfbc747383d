import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { type CALLER, operatorOf } from '../../lib/http/operators/operator.ts'
import { json } from '../../lib/http/responses.ts'
import { ActRequest } from '../../lib/http/schemas/act-as.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { notifiedOf, sendEvent } from '../../lib/mail/event.ts'
import { beginAct, findActUser } from '../../lib/operators/act-as/act.ts'
import { mayActAs } from '../../lib/operators/act-as/live-act.ts'
import { requireOver } from '../../lib/operators/caller.ts'
import { ACTS, countRequest } from '../../lib/operators/limits.ts'
import { changedMeanwhile, NOT_THIS_USER } from '../../lib/operators/refusals.ts'

/** POST /act-as: begins an act, and returns a code for the page that shows the application as the user sees it. */
export const route: ReservingRoute<(typeof CALLER)[number] | 'MAILER'> = async (event, at) => {
  const { table, config, now } = at
  const operator = await operatorOf(event, at, { may: 'act-as', work: 'work' })
  await countRequest(at, operator.user.id, 'acts', ACTS)
  const { userId, ...why } = readBody(event, ActRequest)
  const user = await findActUser(table, userId)
  requireOver(operator, user)
  if (user.disabled || !mayActAs(operator.user.role, user.role)) {
    throw new ServiceError('forbidden', 'the user is disabled or has permissions', { detail: NOT_THIS_USER })
  }
  const { id, generation } = operator.user
  const acting = { userId: id, generation, sessionId: operator.session.id }
  const begun = await beginAct(
    table,
    { target: { userId, generation: user.generation }, acting },
    why,
    operator.act,
  )
  if (begun === undefined) throw changedMeanwhile()
  const { to, ...notified } = notifiedOf(user)
  const notice = { kind: 'acted-as', id: begun.id, ...notified, at: now.toISOString() } as const
  // If the mail cannot be handed over, the operator gets no code.
  if (to !== undefined) await sendEvent(table.aws, config.MAILER, { ...notice, to, by: 'administrator' })
  return json(201, { code: begun.code })
}
