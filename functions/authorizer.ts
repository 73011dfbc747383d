import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda'
import { clientPolicyFor } from '../lib/authorization/client-policy.ts'
import { policyFor } from '../lib/authorization/policy.ts'
import { within } from '../lib/aws/client.ts'
import { readConfig } from '../lib/config.ts'
import { ServiceError } from '../lib/errors.ts'
import { deadlineOf } from '../lib/http/handler.ts'
import { logFailure } from '../lib/log.ts'
import { verifyLiveClient } from '../lib/oauth/live-token.ts'
import { readBearer } from '../lib/tokens/bearer.ts'
import { isOfClient } from '../lib/tokens/client-token.ts'
import { verifyLiveUser } from '../lib/tokens/live-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'

const SETTINGS = [
  'GUARDED_ROUTES',
  'SCOPED_ROUTES',
  'PUBLISHED_KEYS',
  'TABLE_NAME',
  'TOKEN_AUDIENCE',
  'TOKEN_ISSUER',
] as const

const publicKeys = publicKeyCache()

/** Lambda authorizer of type TOKEN: verifies an access token and returns an IAM policy for its caller. */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent,
  context: Context,
): Promise<APIGatewayAuthorizerResult> {
  try {
    const { authorizationToken, methodArn } = event
    const config = readConfig(SETTINGS)
    const at = { table: { aws: within(deadlineOf(context)), name: config.TABLE_NAME }, config }
    const unverified = readBearer(authorizationToken)
    return config.SCOPED_ROUTES !== 'none' && isOfClient(unverified)
      ? clientPolicyFor(await verifyLiveClient(at, unverified, publicKeys), methodArn, config.SCOPED_ROUTES)
      : policyFor(await verifyLiveUser(at, unverified, publicKeys), methodArn, config.GUARDED_ROUTES)
  } catch (error) {
    logFailure(error)
    // API Gateway returns 401 for this exact message. For any other it returns 500, which gateway-responses.yml makes
    // a 503. So only a fault of the token may use it: an outage must not make clients throw valid tokens away.
    throw error instanceof ServiceError && error.code === 'invalid_token' ? new Error('Unauthorized') : error
  }
}
