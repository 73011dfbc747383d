import { randomBytes } from 'node:crypto'
import { within } from '../../lib/aws/client.ts'
import { together } from '../../lib/aws/together.ts'
import { readConfig } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { LoginRequest } from '../../lib/http/schemas.ts'
import { notifyNewSource } from '../../lib/mail/request.ts'
import { admitAttempt, completeAttempt, upgradeHash, verifyUserPassword } from '../../lib/passwords/verify.ts'
import {
  lifetimesFrom,
  refreshTtlSeconds,
  SESSION_RANDOM_BYTES,
  startSession,
} from '../../lib/sessions/session.ts'
import { abandonSession, putSession } from '../../lib/sessions/store.ts'
import { limitsFrom } from '../../lib/throttling/limits.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'

const issueToken = tokenIssuer()

/** POST /login: exchanges a username and a password for an access token and a refresh token. */
export const handler = apiHandler(async (event, { now: arrivedAt, deadlineMs }) => {
  const config = readConfig([
    'TABLE_NAME',
    'LIMIT_USER_AND_SOURCE',
    'LIMIT_SOURCE',
    'LIMIT_KNOWN_SOURCE',
    'LIMIT_USER',
    'LIMIT_USER_AND_KNOWN_SOURCE',
    'SESSION_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'SIGNING_KEY',
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_TTL_SECONDS',
    'NOTIFY_NEW_SOURCE',
    'MAILER',
  ])
  const aws = within(deadlineMs)
  const table = { aws, name: config.TABLE_NAME }
  const { username: loginName, password } = readBody(event, LoginRequest)
  const origin = originOf(event)

  const attempt = await admitAttempt(table, limitsFrom(config), { loginName }, origin.sourceIp, arrivedAt)
  const user = await verifyUserPassword(attempt, password)
  const { log } = attempt
  if (!user) throw new ServiceError('invalid_credentials', 'wrong username or password', { log })

  const now = new Date()
  const lifetimes = lifetimesFrom(config)
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(user, origin, lifetimes, now, random)
  // Token and session carry the generations of the user as read before the hash. A revocation since
  // then has moved them, so neither outlives it.
  const [token] = await together([
    issueToken(aws, config, user, session.id, now),
    putSession(table, session),
    completeAttempt(table, attempt, lifetimes.absoluteTtlSeconds, now),
    upgradeHash(table, user, password),
    notifyNewSource(table, config, attempt.mark, user, origin, now),
  ]).catch(async (error) => {
    // If this fails too, the session expires by itself: no client has its refresh token.
    await abandonSession(table, session, now).catch(() => undefined)
    throw error
  })
  console.info({ event: 'login.accepted', userId: user.id })
  return json(200, { ...token, refreshToken, refreshExpiresIn: refreshTtlSeconds(session, now) })
})
