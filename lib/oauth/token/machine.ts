import { randomUUID } from 'node:crypto'
import type { At } from '../../context.ts'
import { findApis } from '../apis/store.ts'
import { askedScopesOf } from '../authorize/scope.ts'
import type { Client } from '../clients/client.ts'
import type { Parameters } from '../parameters.ts'
import { identifiersOf } from '../scopes.ts'
import { machineTokenInput } from './claims.ts'
import { type CLIENT_TOKENS, type Issued, partiesOf, type Signer } from './issue.ts'
import { tokenRefusal } from './refusal.ts'

/**
 * Issues an access token to a machine for itself (RFC 6749 section 4.4). Nothing is stored, and there is no refresh token: the client
 * can ask again at any time.
 *
 * @param client - Authenticated, of type `machine`.
 * @throws {@link ServiceError} with the `error` `invalid_scope` or `invalid_target`, or `unavailable`.
 */
export async function issueMachineToken(
  { table, config, now }: At<(typeof CLIENT_TOKENS)[number]>,
  client: Client,
  parameters: Parameters,
  sign: Signer,
): Promise<Issued> {
  const asked = askedScopesOf(parameters, client, await findApis(table, identifiersOf(client)))
  if ('error' in asked) throw tokenRefusal(asked.error, asked.description, client.id)
  // Without an API, the token would be for `/userinfo`, and a machine is no user.
  if (asked.api === undefined) throw tokenRefusal('invalid_scope', 'scope has no scope of an API.', client.id)
  const scope = asked.scopes.join(' ')
  const ttlSeconds = client.tokenTtlSeconds ?? config.TOKEN_TTL_SECONDS
  const details = { ...partiesOf(config), ttlSeconds, tokenId: randomUUID() }
  const access = { client, resource: asked.api.identifier, scope }
  const input = machineTokenInput(access, details, now)
  const access_token = await sign(table.aws, config.SIGNING_KEY, input, now)
  return { access_token, token_type: 'Bearer', expires_in: ttlSeconds, scope }
}
