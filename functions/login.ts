import { randomUUID } from 'node:crypto'
import { awsClient, awsSettings } from '../lib/aws.ts'
import { Credentials, readBody } from '../lib/body.ts'
import { readConfig } from '../lib/config.ts'
import { apiHandler, json } from '../lib/http.ts'
import { kmsSigner } from '../lib/keys.ts'
import { DECOY_HASH, verifyPassword } from '../lib/passwords.ts'
import { ServiceError } from '../lib/problems.ts'
import { findUser } from '../lib/store.ts'
import { accessTokenInput } from '../lib/tokens.ts'

const config = readConfig([
  'TABLE_NAME',
  'SIGNING_KEY',
  'TOKEN_ISSUER',
  'TOKEN_AUDIENCE',
  'TOKEN_TTL_SECONDS',
])
const policy = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
const ttlSeconds = config.TOKEN_TTL_SECONDS
const aws = awsClient(awsSettings())
const sign = kmsSigner(aws, config.SIGNING_KEY)

/** POST /login: trades a username and password for an access token. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const { username, password } = readBody(event, Credentials)
  const user = await findUser(aws, config.TABLE_NAME, username, deadlineMs)

  // An unknown name pays for a hash too, or response times would tell which names exist.
  const matches = verifyPassword(password, user?.passwordHash ?? DECOY_HASH)
  if (!user || !matches || user.disabled) {
    // The name of a user that does not exist is not logged: it may be a password in the wrong field.
    console.info({ event: 'login.refused', username: user?.username })
    throw new ServiceError('invalid_credentials', 'login refused')
  }

  const input = accessTokenInput(user, policy, ttlSeconds, new Date(), randomUUID())
  const authToken = await sign(input, deadlineMs)
  console.info({ event: 'login.accepted', username: user.username })
  return json(200, { authToken, tokenType: 'Bearer', expiresIn: ttlSeconds })
})
