import type { Context } from 'aws-lambda'
import { type AuthorizerEvent, askedByHttpApi, DENIED } from '../lib/authorization/http-api.ts'
import { askedByRestApi } from '../lib/authorization/policy.ts'
import { within } from '../lib/aws/client.ts'
import { AUTHORIZER, readSettings } from '../lib/config.ts'
import { ServiceError } from '../lib/errors.ts'
import { deadlineOf } from '../lib/http/handler.ts'
import { logFailure } from '../lib/log.ts'
import { verifyLiveClient } from '../lib/oauth/live-token.ts'
import { readBearer } from '../lib/tokens/bearer.ts'
import { isOfClient } from '../lib/tokens/client-token.ts'
import { verifyLiveUser } from '../lib/tokens/live-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** Lambda authorizer: verifies an access token. A REST API gets an IAM policy for its caller, an HTTP API a decision about one route. */
export async function handler(event: AuthorizerEvent, context: Context) {
  try {
    const config = readSettings(AUTHORIZER)
    const at = { table: { aws: within(deadlineOf(context)), name: config.TABLE_NAME }, config }
    const asked = event.type === 'REQUEST' ? askedByHttpApi(event, config) : askedByRestApi(event, config)
    const unverified = readBearer(asked.header)
    return asked.takesClients && isOfClient(unverified)
      ? asked.forClient(await verifyLiveClient(at, unverified, publicKeys))
      : asked.forUser(await verifyLiveUser(at, unverified, publicKeys))
  } catch (error) {
    logFailure(error)
    const isOfToken = error instanceof ServiceError && error.code === 'invalid_token'
    if (event.type === 'REQUEST' && isOfToken) return DENIED
    // API Gateway returns 401 for this exact message, and 500 for others, which gateway-responses.yml makes a 503. So only a fault of the
    // token may use it: an outage must not make clients throw valid tokens away.
    throw isOfToken ? new Error('Unauthorized') : error
  }
}
