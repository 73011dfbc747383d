import { randomBytes } from 'node:crypto'
import { openTable } from '../../lib/aws/dynamodb.ts'
import { readLimits, readSessionPolicy } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { Credentials, readBody } from '../../lib/http/body.ts'
import { apiHandler, json, originOf } from '../../lib/http/handler.ts'
import { checkPassword, confirmPassword } from '../../lib/passwords/verify.ts'
import {
  refreshTokenOf,
  refreshTtlSeconds,
  SESSION_RANDOM_BYTES,
  startSession,
} from '../../lib/sessions/session.ts'
import { openSession } from '../../lib/sessions/store.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'
import type { User } from '../../lib/users/user.ts'

const table = openTable()
const limits = readLimits()
const sessionPolicy = readSessionPolicy()
const issueToken = tokenIssuer()

/** POST /login: trades a username and password for an access token and a refresh token. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const { username, password } = readBody(event, Credentials)
  const origin = originOf(event)
  const claimant = { username, password, sourceIp: origin.sourceIp }
  const right = await checkPassword(table, limits, claimant, deadlineMs)
  if (!right) throw new ServiceError('invalid_credentials', 'login refused')

  const now = new Date()
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, secret } = startSession(right.user, origin, sessionPolicy, now, random)
  const rest = Promise.all([
    issueToken(right.user, session.id, now, deadlineMs),
    confirmPassword(table, right, deadlineMs).then(refuseIfChanged),
  ])
  const [token] = await openSession(table, session, rest, deadlineMs)
  console.info({ event: 'login.accepted', username })
  return json(200, {
    ...token,
    refreshToken: refreshTokenOf(session, secret),
    refreshExpiresIn: refreshTtlSeconds(session, now),
  })
})

function refuseIfChanged(user: User | undefined): void {
  if (!user) throw new ServiceError('invalid_credentials', 'the user changed during the login')
}
