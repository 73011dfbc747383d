import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda'
import { policyFor } from '../lib/authorization/policy.ts'
import { awsClient, awsSettings } from '../lib/aws/client.ts'
import { openTable } from '../lib/aws/dynamodb.ts'
import { readConfig } from '../lib/config.ts'
import { ServiceError } from '../lib/errors.ts'
import { deadlineOf, logFailure } from '../lib/http/handler.ts'
import { readUnverified, verifyAccessToken } from '../lib/tokens/access-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import { findStanding } from '../lib/users/store.ts'

const config = readConfig(['PUBLISHED_KEYS', 'TOKEN_ISSUER', 'TOKEN_AUDIENCE'])
const policy = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
const publicKeys = publicKeyCache(awsClient(awsSettings()), config.PUBLISHED_KEYS)
const table = openTable()

/** Lambda authorizer of type TOKEN: verifies the access token and says what it opens. */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent,
  context: Context,
): Promise<APIGatewayAuthorizerResult> {
  try {
    const unverified = readUnverified(readBearer(event.authorizationToken))
    const { kid, username } = unverified
    const deadlineMs = deadlineOf(context)
    const [keys, standing] = await Promise.all([
      publicKeys(kid, new Date(), deadlineMs),
      username === undefined ? undefined : findStanding(table, username, deadlineMs),
    ])
    const principal = await verifyAccessToken(unverified, keys, policy, new Date())
    if (!standing || standing.disabled || principal.issuedAt < standing.validAfter) {
      throw new ServiceError(
        'invalid_token',
        'token refused: its user has revoked it, is disabled or is gone',
      )
    }
    return policyFor(principal, event.methodArn)
  } catch (error) {
    logFailure(error)
    // API Gateway answers 401 to this exact message and 500 to any other, so only a fault of the
    // token may say it: an outage must not make clients throw good tokens away.
    throw error instanceof ServiceError && error.code === 'invalid_token' ? new Error('Unauthorized') : error
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1; the scheme's case is free). */
function readBearer(header: unknown): string {
  const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? []
  if (token === undefined) throw new ServiceError('invalid_token', 'no bearer token')
  return token
}
