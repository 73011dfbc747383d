import { readForm } from '../../lib/http/forms/form.ts'
import { headerOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { authenticateClient } from '../../lib/oauth/token/client.ts'
import { exchangeCode } from '../../lib/oauth/token/exchange.ts'
import type { CLIENT_TOKENS } from '../../lib/oauth/token/issue.ts'
import { issueMachineToken } from '../../lib/oauth/token/machine.ts'
import { refreshGrant } from '../../lib/oauth/token/refresh.ts'
import { requiredOf, tokenRefusal } from '../../lib/oauth/token/refusal.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'

type IssueSetting =
  | (typeof CLIENT_TOKENS)[number]
  | 'SESSION_TTL_SECONDS'
  | 'REFRESH_GRACE_SECONDS'
  | 'REQUIRE_SECOND_FACTOR'

const GRANT_TYPES = {
  authorization_code: exchangeCode,
  refresh_token: refreshGrant,
  client_credentials: issueMachineToken,
}

const sign = kmsSigner()

/** POST /oauth2/token: issues tokens to apps and machines (RFC 6749 section 3.2). */
export const route: TableRoute<IssueSetting> = async (event, at) => {
  const parameters = readForm(event)
  const grantType = requiredOf(parameters, 'grant_type')
  const client = await authenticateClient(at, headerOf(event.headers, 'authorization'), parameters)
  if (!isGrantType(grantType)) {
    const types = Object.keys(GRANT_TYPES).join(', ')
    throw tokenRefusal('unsupported_grant_type', `grant_type must be one of ${types}.`)
  }
  if ((client.type === 'machine') !== (grantType === 'client_credentials')) {
    throw tokenRefusal('unauthorized_client', 'Machine clients use client_credentials, and no others do.')
  }
  return json(200, await GRANT_TYPES[grantType](at, client, parameters, sign))
}

const isGrantType = (value: string): value is keyof typeof GRANT_TYPES => Object.hasOwn(GRANT_TYPES, value)
