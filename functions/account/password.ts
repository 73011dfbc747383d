import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasswordChangeRequest } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { rejectBreached } from '../../lib/passwords/breached.ts'
import { changePassword } from '../../lib/passwords/change.ts'
import { verifyCurrentPassword } from '../../lib/passwords/current.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { returnAttempt } from '../../lib/throttling/attempt.ts'

const SETTINGS = [
  ...PASSWORD_LIMITS,
  'BREACHED_PASSWORDS',
  'MAILER',
  'MAIL_SIGN_IN',
  'REQUIRE_SECOND_FACTOR',
] as const

/** PUT /password: changes the caller's password, revokes all access tokens and all other sessions. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, config } = at
  const principal = principalOf(event, at.now)
  const { userId, username, sessionId } = principal
  const { currentPassword, newPassword } = readBody(event, PasswordChangeRequest)
  validateNewPassword(newPassword, { username }, '#/newPassword')
  const { user, attempt } = await verifyCurrentPassword(at, principal, currentPassword)

  const [found] = await together([
    findSession(table, userId, sessionId),
    returnAttempt(table, attempt),
    rejectBreached(newPassword, '#/newPassword', config),
  ])
  // The access token does not contain the address.
  validateNewPassword(newPassword, user, '#/newPassword')
  await changePassword(at, principal, found, newPassword)
  await notify(at, 'password-changed', user)
  logEvent('info', { event: 'password.changed', userId })
  return noContent()
})
