import { randomBytes } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { openTable } from '../../lib/aws/dynamodb.ts'
import { readLimits } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { PasswordChange, readBody } from '../../lib/http/body.ts'
import { apiHandler, noContent, originOf } from '../../lib/http/handler.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { refuseIfWeak } from '../../lib/passwords/rules.ts'
import { checkPassword, confirmPassword } from '../../lib/passwords/verify.ts'
import { isLive } from '../../lib/sessions/session.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { changeUser } from '../../lib/users/store.ts'
import { revokeSessions } from '../../lib/users/user.ts'

const table = openTable()
const limits = readLimits()

const WRONG_PASSWORD = {
  fields: [{ pointer: '#/currentPassword', detail: 'This is not the current password.' }],
  event: 'password.refused',
}

/** PUT /password: replaces one's own password, kills one's access tokens and ends one's other sessions. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const now = new Date()
  const { username, sessionId } = principalOf(event, now)
  const { currentPassword, newPassword } = readBody(event, PasswordChange)
  refuseIfWeak(newPassword, username, '#/newPassword')

  const claimant = { username, password: currentPassword, sourceIp: originOf(event).sourceIp }
  const right = await checkPassword(table, limits, claimant, deadlineMs)
  if (!right) {
    throw new ServiceError('invalid_fields', 'password change refused', WRONG_PASSWORD)
  }
  const user = await confirmPassword(table, right, deadlineMs)
  if (!user) throw new ServiceError('conflict', 'the user changed')
  const passwordHash = hashPassword(newPassword, randomBytes(SALT_BYTES))
  // A session that was ended while the gateway still knew its token must not go on because of this.
  const { session } = await findSession(table, username, sessionId ?? '', deadlineMs)
  const survivor = session && isLive(session, user, now) ? session.id : undefined
  // Not the instant the request began: all that was issued while it was hashing must die too.
  const changedAt = new Date()
  const changes = {
    passwordHash,
    changedAt: changedAt.toISOString(),
    ...revokeSessions(user, changedAt, survivor),
  }
  if (!(await changeUser(table, user, changes, deadlineMs)))
    throw new ServiceError('conflict', 'the user changed')
  console.info({ event: 'password.changed', username })
  return noContent()
})
