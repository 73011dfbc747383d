import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { ActCode } from '../../lib/http/schemas/act-as.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { findAct, spendAct } from '../../lib/operators/act-as/act.ts'
import { requireLiveAct } from '../../lib/operators/act-as/live-act.ts'
import { ACT_ENDED } from '../../lib/operators/refusals.ts'
import { ACT_TOKEN_SECONDS, actTokenInput } from '../../lib/tokens/act-token.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'
import { userOf } from '../../lib/users/store.ts'
import { USER_STATE } from '../../lib/users/user.ts'

const sign = kmsSigner()

/** POST /act-as/token: exchanges a code, once, for the token of its act. It takes no cookie and no other proof. */
export const route: TableRoute<'SIGNING_KEY' | 'TOKEN_ISSUER'> = async (event, { table, config, now }) => {
  const { code } = readBody(event, ActCode)
  const act = await findAct(table, code, now)
  if (act === undefined) throw ended()
  const { id: actId, target, acting } = act
  const user = userOf(await requireLiveAct(table, target, acting, { now, more: USER_STATE }), USER_STATE)
  const input = actTokenInput(user, acting, { issuer: config.TOKEN_ISSUER, actId }, now)
  // Sign first: if the signature fails, the code is not spent.
  const authToken = await sign(table.aws, config.SIGNING_KEY, input, now)
  if (!(await spendAct(table, code, act))) throw ended()
  return json(200, {
    authToken,
    tokenType: 'Bearer',
    expiresIn: ACT_TOKEN_SECONDS,
    user: { sub: user.id, username: user.username },
  })
}

const ended = () =>
  new ServiceError('invalid_token', 'the code is unknown, spent or too old', { detail: ACT_ENDED })
