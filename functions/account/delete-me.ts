import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import { AccountDeletionRequest } from '../../lib/http/schemas/account.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { findRemoval, removeAccount } from '../../lib/operators/removal.ts'
import { returnProof, verifyOwner } from '../../lib/proofs/verify.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'

const SETTINGS = [...PASSWORD_LIMITS, 'MAILER', 'MAIL_SIGN_IN', 'REQUIRE_SECOND_FACTOR'] as const

/** DELETE /me: deletes the caller's account. Its sessions and access tokens are invalid from then on. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, now } = at
  const principal = principalOf(event, now)
  const { userId } = principal
  const { proof } = readProvedBody(event, AccountDeletionRequest, at.config)

  const { user, attempt, spends } = await verifyOwner(at, principal, proof, 'deletion')
  const removal = findRemoval(table, userId).then(({ writes, allowed }) =>
    removeAccount(table, user, { writes: [...writes, ...spends], allowed }, byUser(at, userId)),
  )
  const [outcome] = await together([removal, returnProof(table, attempt)])
  if (outcome !== 'done') throw new ServiceError('conflict', 'the user changed')
  await notify(at, 'account-deleted', user)
  logEvent('info', { event: 'account.deleted', userId })
  return noContent()
})
