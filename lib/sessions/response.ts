import type { APIGatewayProxyResult } from 'aws-lambda'
import { json } from '../http/responses.ts'
import { storedIn } from './cookie.ts'

/**
 * Returns the response with the tokens of a session. The refresh token is in the cookie or in the body, never in both.
 *
 * @param accessToken - Members of the body.
 */
export const sessionResponse = (
  accessToken: object,
  refreshToken: string,
  refreshExpiresIn: number,
  { inCookie }: { inCookie: boolean },
): APIGatewayProxyResult =>
  inCookie
    ? json(200, { ...accessToken, refreshExpiresIn }, storedIn(refreshToken, refreshExpiresIn))
    : json(200, { ...accessToken, refreshToken, refreshExpiresIn })
