import { randomBytes } from 'node:crypto'
import { Credentials, readBody } from '../lib/body.ts'
import { checkPassword } from '../lib/check-password.ts'
import { readLimits, readSessionPolicy } from '../lib/config.ts'
import { openTable } from '../lib/dynamo.ts'
import { apiHandler, json, originOf } from '../lib/http.ts'
import { tokenIssuer } from '../lib/issue-token.ts'
import { ServiceError } from '../lib/problems.ts'
import { openSession } from '../lib/session-store.ts'
import { refreshTokenOf, refreshTtlSeconds, SESSION_RANDOM_BYTES, startSession } from '../lib/sessions.ts'

const table = openTable()
const limits = readLimits()
const sessionPolicy = readSessionPolicy()
const issueToken = tokenIssuer()

/** POST /login: trades a username and password for an access token and a refresh token. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const { username, password } = readBody(event, Credentials)
  const origin = originOf(event)
  const claimant = { username, password, sourceIp: origin.sourceIp }
  const user = await checkPassword(table, limits, claimant, deadlineMs)
  if (!user) throw new ServiceError('invalid_credentials', 'login refused')

  const now = new Date()
  const { session, secret } = startSession(
    user,
    origin,
    sessionPolicy,
    now,
    randomBytes(SESSION_RANDOM_BYTES),
  )
  const token = await issueToken(user, session.id, now, deadlineMs)
  if (!(await openSession(table, user, session, deadlineMs))) {
    throw new ServiceError('invalid_credentials', 'the user changed during the login')
  }
  console.info({ event: 'login.accepted', username })
  return json(200, {
    ...token,
    refreshToken: refreshTokenOf(session, secret),
    refreshExpiresIn: refreshTtlSeconds(session, now),
  })
})
