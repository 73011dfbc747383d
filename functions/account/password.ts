import { randomBytes } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { originOf } from '../../lib/http/headers.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasswordChangeRequest } from '../../lib/http/schemas.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { checkPassword, confirmPassword } from '../../lib/passwords/verify.ts'
import { isLive } from '../../lib/sessions/session.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { limitsFrom } from '../../lib/throttling/limits.ts'
import { revokeSessions } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'

const WRONG_PASSWORD = {
  fields: [{ pointer: '#/currentPassword', detail: 'Incorrect password.' }],
  event: 'password.refused',
}

/** PUT /password: changes the caller's password, revokes all access tokens and all other sessions. */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig(['TABLE_NAME', 'LIMIT_USER_AND_SOURCE', 'LIMIT_SOURCE', 'LIMIT_USER'])
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { username, sessionId } = principalOf(event, now)
  const { currentPassword, newPassword } = readBody(event, PasswordChangeRequest)
  validateNewPassword(newPassword, username, '#/newPassword')

  const attempt = { username, password: currentPassword, sourceIp: originOf(event).sourceIp }
  const correct = await checkPassword(table, limitsFrom(config), attempt)
  if (!correct) throw new ServiceError('invalid_fields', 'wrong current password', WRONG_PASSWORD)
  const user = await confirmPassword(table, correct)
  if (!user) throw new ServiceError('conflict', 'the user changed')

  const passwordHash = await hashPassword(newPassword, randomBytes(SALT_BYTES))
  // The caller's session may have ended while API Gateway still cached its token. It must not survive then.
  const { session } = await findSession(table, username, sessionId ?? '')
  const survivor = session && isLive(session, user, now) ? session.id : undefined
  // A later instant than `now`: what was issued during the hashing is revoked too.
  const changedAt = new Date()
  const changes = { passwordHash, changedAt: changedAt.toISOString() }
  const revoked = revokeSessions(user, changedAt, survivor)
  const isChanged = await changeUser(table, user, { ...changes, ...revoked })
  if (!isChanged) throw new ServiceError('conflict', 'the user changed')
  console.info({ event: 'password.changed', username })
  return noContent()
})
