import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { AccountDeletionRequest } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { findRemoval, removeAccount } from '../../lib/operators/removal.ts'
import { verifyCurrentPassword } from '../../lib/passwords/current.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { returnAttempt } from '../../lib/throttling/attempt.ts'

const SETTINGS = [...PASSWORD_LIMITS, 'MAILER', 'REQUIRE_SECOND_FACTOR'] as const

/** DELETE /me: deletes the caller's account. Its sessions and access tokens are invalid from then on. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, now } = at
  const principal = principalOf(event, now)
  const { userId } = principal
  const { currentPassword } = readBody(event, AccountDeletionRequest)

  const { user, attempt } = await verifyCurrentPassword(at, principal, currentPassword)
  const removal = findRemoval(table, userId).then((found) =>
    removeAccount(table, user, found, byUser(at, userId)),
  )
  const [outcome] = await together([removal, returnAttempt(table, attempt)])
  if (outcome !== 'done') throw new ServiceError('conflict', 'the user changed')
  await notify(at, 'account-deleted', user)
  logEvent('info', { event: 'account.deleted', userId })
  return noContent()
})
