import type { APIGatewayProxyResult } from 'aws-lambda'
import type { SessionTokens } from '../../sessions/session.ts'
import { json } from '../responses.ts'
import { storedIn } from './cookie.ts'

/** Returns the response with the tokens of a session. The refresh token is in the cookie or in the body, never in both. */
export const sessionResponse = ({
  token,
  refreshToken,
  refreshExpiresIn,
  inCookie,
  headers,
}: SessionTokens): APIGatewayProxyResult =>
  inCookie
    ? json(200, { ...token, refreshExpiresIn }, { ...storedIn(refreshToken, refreshExpiresIn), ...headers })
    : json(200, { ...token, refreshToken, refreshExpiresIn })
