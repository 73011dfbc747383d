import { actPolicyFor } from '../../lib/authorization/act-policy.ts'
import { authorizer, decideAbout } from '../../lib/http/authorizer.ts'
import { verifyLiveAct } from '../../lib/operators/act-as/live-act.ts'
import { isOfAct } from '../../lib/tokens/act-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** The authorizer of both APIs with `actAs=on`. Only the REST API takes operators who act as a user. */
export const handler = authorizer(['ACT_AS_ROUTES'], async (event, at, presented) => {
  const { ACT_AS_ROUTES, TOKEN_ISSUER } = at.config
  const { unverified } = presented
  if (event.type === 'REQUEST' || !isOfAct(unverified, TOKEN_ISSUER)) {
    return decideAbout(at, presented, publicKeys)
  }
  const { principal, operatorId } = await verifyLiveAct(at, unverified, publicKeys)
  return actPolicyFor(principal, operatorId, event.methodArn, ACT_AS_ROUTES)
})
