import { together } from '../../lib/aws/together.ts'
import { readConfig } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { nextStep } from '../../lib/factors/next-step.ts'
import { applyElapsedReset } from '../../lib/factors/reset.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { originOf } from '../../lib/http/headers.ts'
import { LoginRequest } from '../../lib/http/schemas.ts'
import { logEvent } from '../../lib/log.ts'
import { notifyNewSource } from '../../lib/mail/request.ts'
import {
  admitAttempt,
  completeAttempt,
  markAttempt,
  upgradeHash,
  verifyUserPassword,
} from '../../lib/passwords/verify.ts'
import { readSignIn } from '../../lib/sessions/request.ts'
import { lifetimesFrom, type Session } from '../../lib/sessions/session.ts'
import { signIn } from '../../lib/sessions/sign-in.ts'
import { limitsFrom } from '../../lib/throttling/limits.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'

const issueToken = tokenIssuer()

/**
 * POST /login: exchanges a username and a password for an access token and a refresh token. The client may keep the refresh
 * token in a cookie. Of a user with second factors, it is the first step of two.
 */
export const handler = apiHandler(async (event, { now: arrivedAt, allowedOrigins, ...invocation }) => {
  const config = readConfig([
    'TABLE_NAME',
    'COOKIE_SESSIONS',
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
    'REQUIRE_SECOND_FACTOR',
  ])
  const table = reservingTable(invocation, config.TABLE_NAME)
  const request = readSignIn(event, LoginRequest, { config, allowedOrigins })
  const { username: loginName, password } = request
  const origin = originOf(event)

  const attempt = await admitAttempt(table, limitsFrom(config), { loginName }, origin.sourceIp, arrivedAt)
  const verified = await verifyUserPassword(attempt, password)
  const { log } = attempt
  if (!verified) throw new ServiceError('invalid_credentials', 'wrong username or password', { log })

  const now = new Date()
  const user = await applyElapsedReset(table, config, verified, origin, now)
  const next = await nextStep(table, config, attempt, user, request, now)
  if (next) return next

  const lifetimes = lifetimesFrom(config)
  const issue = (session: Session) => issueToken(table.aws, config, user, session, now)
  const verifiedSignIn = { ...request, user, amr: AMR.password, origin, lifetimes }
  const alongside = [completeAttempt(table, attempt), upgradeHash(table, user, password)]
  const response = await signIn(table, verifiedSignIn, now, issue, alongside)
  // After the token and the session exist: a failed sign-in must not make the source known, or send a notice.
  await together([
    markAttempt(table, attempt, lifetimes.absoluteTtlSeconds, now),
    notifyNewSource(table, config, attempt.mark, user, origin, now),
  ])
  logEvent('info', { event: 'login.accepted', userId: user.id })
  return response
})
