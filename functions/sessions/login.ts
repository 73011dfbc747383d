import { randomBytes } from 'node:crypto'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { LoginRequest } from '../../lib/http/schemas.ts'
import { checkPassword, confirmPassword } from '../../lib/passwords/verify.ts'
import { refreshTokenOf } from '../../lib/sessions/refresh-token.ts'
import {
  lifetimesFrom,
  refreshTtlSeconds,
  SESSION_RANDOM_BYTES,
  startSession,
} from '../../lib/sessions/session.ts'
import { deleteSession, putSession } from '../../lib/sessions/store.ts'
import { limitsFrom } from '../../lib/throttling/limits.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'
import type { User } from '../../lib/users/user.ts'

const issueToken = tokenIssuer()

/** POST /login: exchanges a username and a password for an access token and a refresh token. */
export const handler = apiHandler(async (event, { deadlineMs }) => {
  const config = readConfig([
    'TABLE_NAME',
    'LIMIT_USER_AND_SOURCE',
    'LIMIT_SOURCE',
    'LIMIT_USER',
    'SESSION_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'SIGNING_KEY',
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_TTL_SECONDS',
  ])
  const aws = within(deadlineMs)
  const table = { aws, name: config.TABLE_NAME }
  const { username, password } = readBody(event, LoginRequest)
  const origin = originOf(event)
  const attempt = { username, password, sourceIp: origin.sourceIp }
  const correct = await checkPassword(table, limitsFrom(config), attempt)
  if (!correct) throw new ServiceError('invalid_credentials', 'wrong username or password')

  const now = new Date()
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, secret } = startSession(correct.user, origin, lifetimesFrom(config), now, random)
  // The signature, the second read and the new session take one round. The session is stored whether
  // or not its user changes meanwhile: a change before the second read fails it, and the session is
  // deleted. A later change revokes the session, because `createdAt` lies before it.
  const token = issueToken(aws, config, correct.user, session.id, now)
  const confirmed = confirmPassword(table, correct).then(rejectIfChanged)
  const steps = await Promise.allSettled([Promise.all([token, confirmed]), putSession(table, session)])
  const failure = steps.find((step) => step.status === 'rejected')
  if (failure) {
    // If this fails too, the session expires by itself: no client has its refresh token.
    await deleteSession(table, session).catch(() => undefined)
    throw failure.reason
  }
  console.info({ event: 'login.accepted', username })
  return json(200, {
    ...(await token),
    refreshToken: refreshTokenOf(session, secret),
    refreshExpiresIn: refreshTtlSeconds(session, now),
  })
})

function rejectIfChanged(user: User | undefined): void {
  if (!user) throw new ServiceError('invalid_credentials', 'the user changed during the login')
}
