import type { Context } from 'aws-lambda'
import { actPolicyFor } from '../../lib/authorization/act-policy.ts'
import { type AuthorizerEvent, askedByHttpApi, DENIED } from '../../lib/authorization/http-api.ts'
import { askedByRestApi } from '../../lib/authorization/policy.ts'
import { within } from '../../lib/aws/client.ts'
import { ACTS, AUTHORIZER, readSettings } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logFailure } from '../../lib/log.ts'
import { verifyLiveClient } from '../../lib/oauth/live-token.ts'
import { verifyLiveAct } from '../../lib/operators/act-as/live-act.ts'
import { isOfAct } from '../../lib/tokens/act-token.ts'
import { readBearer } from '../../lib/tokens/bearer.ts'
import { isOfClient } from '../../lib/tokens/client-token.ts'
import { verifyLiveUser } from '../../lib/tokens/live-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** `functions/authorizer.ts` with `actAs=on`. Only the REST API takes operators who act as users. */
export async function handler(event: AuthorizerEvent, context: Context) {
  try {
    const config = readSettings({ ...AUTHORIZER, ...ACTS })
    const at = { table: { aws: within(deadlineOf(context)), name: config.TABLE_NAME }, config }
    const asked = event.type === 'REQUEST' ? askedByHttpApi(event, config) : askedByRestApi(event, config)
    const unverified = readBearer(asked.header)
    if (event.type !== 'REQUEST' && isOfAct(unverified, config.TOKEN_ISSUER)) {
      const { principal, operatorId } = await verifyLiveAct(at, unverified, publicKeys)
      return actPolicyFor(principal, operatorId, event.methodArn, config.ACT_AS_ROUTES)
    }
    return asked.takesClients && isOfClient(unverified)
      ? asked.forClient(await verifyLiveClient(at, unverified, publicKeys))
      : asked.forUser(await verifyLiveUser(at, unverified, publicKeys))
  } catch (error) {
    logFailure(error)
    const isOfToken = error instanceof ServiceError && error.code === 'invalid_token'
    if (event.type === 'REQUEST' && isOfToken) return DENIED
    // Only a fault of the token may use this message: see `functions/authorizer.ts`.
    throw isOfToken ? new Error('Unauthorized') : error
  }
}
