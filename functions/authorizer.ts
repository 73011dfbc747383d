import { setImmediate } from 'node:timers/promises'
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda'
import { clientPolicyFor } from '../lib/authorization/client-policy.ts'
import { policyFor } from '../lib/authorization/policy.ts'
import { within } from '../lib/aws/client.ts'
import type { Table } from '../lib/aws/dynamodb.ts'
import { together } from '../lib/aws/together.ts'
import { type Config, readConfig } from '../lib/config.ts'
import { ServiceError } from '../lib/errors.ts'
import { deadlineOf } from '../lib/http/handler.ts'
import { logFailure } from '../lib/log.ts'
import { findLiveUser, requireLiveMachine } from '../lib/oauth/live-token.ts'
import {
  readUnverified,
  readUnverifiedUserId,
  type UnverifiedToken,
  verifyAccessToken,
} from '../lib/tokens/access-token.ts'
import { readBearer } from '../lib/tokens/bearer.ts'
import { isOfClient, ownAudienceOf, verifyClientToken } from '../lib/tokens/client-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import { isTokenRevoked } from '../lib/users/revocation.ts'
import { findRevocationState } from '../lib/users/store.ts'

const SETTINGS = [
  'GUARDED_ROUTES',
  'SCOPED_ROUTES',
  'PUBLISHED_KEYS',
  'TABLE_NAME',
  'TOKEN_AUDIENCE',
  'TOKEN_ISSUER',
] as const

interface Request {
  table: Table
  config: Config<(typeof SETTINGS)[number]>
}

const publicKeys = publicKeyCache()

/** Lambda authorizer of type TOKEN: verifies an access token and returns an IAM policy for its caller. */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent,
  context: Context,
): Promise<APIGatewayAuthorizerResult> {
  try {
    const config = readConfig(SETTINGS)
    const aws = within(deadlineOf(context))
    const table = { aws, name: config.TABLE_NAME }
    const unverified = readUnverified(readBearer(event.authorizationToken))
    const isForClient = config.SCOPED_ROUTES !== 'none' && isOfClient(unverified)
    return await (isForClient ? policyOfClient : policyOfUser)({ table, config }, unverified, event.methodArn)
  } catch (error) {
    logFailure(error)
    // API Gateway returns 401 for this exact message. For any other it returns 500, which
    // plugins/resources/gateway-responses.yml makes a 503 (AUTHORIZER_FAILURE). So only a fault of the token may
    // use it: an outage must not make clients throw valid tokens away.
    throw error instanceof ServiceError && error.code === 'invalid_token' ? new Error('Unauthorized') : error
  }
}

/** Returns the policy of a user of the application. */
async function policyOfUser({ table, config }: Request, unverified: UnverifiedToken, methodArn: string) {
  const expected = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
  const userId = readUnverifiedUserId(unverified, expected, new Date())
  const [principal, revocation] = await together([
    publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, new Date()).then(async (keys) => {
      // The verification blocks this thread. So the request for the user is sent before it, and the token is
      // verified while AWS responds.
      await setImmediate()
      return verifyAccessToken(unverified, keys, expected, new Date())
    }),
    findRevocationState(table, userId),
  ])
  if (isTokenRevoked(principal.generation, revocation)) {
    throw new ServiceError('invalid_token', 'token rejected: revoked, or its user is disabled or removed')
  }
  return policyFor(principal, methodArn, config.GUARDED_ROUTES)
}

/** Returns the policy of a client with a token for this service's own API. */
async function policyOfClient({ table, config }: Request, unverified: UnverifiedToken, methodArn: string) {
  const issuer = config.TOKEN_ISSUER
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, new Date())
  const expected = { issuer, audience: ownAudienceOf(issuer) }
  const token = verifyClientToken(unverified, keys, expected, new Date())
  const { clientId, of } = token
  const userId = 'userId' in of ? of.userId : undefined
  if ('userId' in of) await findLiveUser(table, clientId, of, new Date())
  else await requireLiveMachine(table, clientId, of)
  return clientPolicyFor({ ...token, userId }, methodArn, config.SCOPED_ROUTES)
}
