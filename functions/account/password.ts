import { randomBytes, randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasswordChangeRequest } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { rejectBreached } from '../../lib/passwords/breached.ts'
import { verifyCurrentPassword } from '../../lib/passwords/current.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { survivorOf } from '../../lib/sessions/session.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { returnAttempt } from '../../lib/throttling/attempt.ts'
import { revokeSessions } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'

const SETTINGS = [...PASSWORD_LIMITS, 'BREACHED_PASSWORDS', 'MAILER', 'REQUIRE_SECOND_FACTOR'] as const

/** PUT /password: changes the caller's password, revokes all access tokens and all other sessions. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { userId, username, generation, sessionId } = principal
  const { currentPassword, newPassword } = readBody(event, PasswordChangeRequest)
  validateNewPassword(newPassword, { username }, '#/newPassword')

  const { user: verified, attempt } = await verifyCurrentPassword(at, principal, currentPassword)

  const [{ session, user }] = await together([
    findSession(table, userId, sessionId),
    returnAttempt(table, attempt),
    rejectBreached(newPassword, '#/newPassword', config),
  ])
  // The access token does not contain the address.
  validateNewPassword(newPassword, verified, '#/newPassword')
  if (user?.generation !== generation) throw new ServiceError('conflict', 'the user changed')
  const passwordHash = await hashPassword(newPassword, randomBytes(SALT_BYTES))
  // The caller's session may have ended, or been renewed, while its token was still accepted. Then it must
  // not survive.
  const survivor = survivorOf(session, user, principal, now)
  const changes = { passwordHash, changedAt: new Date().toISOString(), ...revokeSessions(user, survivor) }
  const change = { changes, changeId: randomUUID() }
  if (!(await changeUser(table, user, change, byUser(at, userId)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'password-changed', verified)
  logEvent('info', { event: 'password.changed', userId })
  return noContent()
})
