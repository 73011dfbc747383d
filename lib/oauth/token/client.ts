import type { At } from '../../context.ts'
import { hasSecret } from '../clients/client.ts'
import { isSecretOf } from '../clients/secret.ts'
import { type ClientWithSecrets, findClientWithSecrets } from '../clients/store.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { tokenRefusal } from './refusal.ts'

/** The credentials of a client, not yet verified. */
interface Credentials {
  clientId: string
  secret?: string | undefined
}

/**
 * Returns the credentials of a request: HTTP Basic, or members of the form, never both (RFC 6749 section 2.3).
 *
 * @param authorization - The header; empty without one.
 * @throws {@link ServiceError} with an `error` of `TOKEN_ERRORS`.
 */
function credentialsOf(authorization: string, parameters: Parameters): Credentials {
  const [clientId, secret] = [parameterOf(parameters, 'client_id'), parameterOf(parameters, 'client_secret')]
  if (authorization === '') {
    if (clientId === undefined) throw tokenRefusal('invalid_client', 'no client_id')
    return { clientId, secret }
  }
  if (secret !== undefined) {
    throw tokenRefusal('invalid_request', 'The secret stands in the header or in the form, not in both.')
  }
  const basic = basicOf(authorization)
  if (basic === undefined) throw tokenRefusal('invalid_client', 'the header Authorization is not Basic')
  if (clientId !== undefined && clientId !== basic.clientId) {
    throw tokenRefusal('invalid_request', 'client_id is not the client of the header.')
  }
  return basic
}

/**
 * Some libraries encode id and secret like a form (RFC 6749 section 2.3.1), some do not. Decoding is always
 * correct: neither value has a character that it would change. Some libraries encode hyphens too.
 */
function basicOf(authorization: string): Credentials | undefined {
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? []
  const parts = /^([^:]+):(.*)$/.exec(Buffer.from(encoded, 'base64').toString())
  if (parts === null) return undefined
  try {
    const [clientId = '', secret] = parts.slice(1).map(decodeURIComponent)
    return { clientId, secret }
  } catch {
    return undefined
  }
}

/**
 * Authenticates the client of a request by its secret. A public client has none and only names its id.
 *
 * @param authorization - The header; empty without one.
 * @throws {@link ServiceError} with an `error` of `TOKEN_ERRORS`, or `unavailable`.
 */
export async function authenticateClient(
  { table, now }: At,
  authorization: string,
  parameters: Parameters,
): Promise<ClientWithSecrets> {
  const { clientId, secret } = credentialsOf(authorization, parameters)
  const client = await findClientWithSecrets(table, clientId)
  if (client === undefined || client.disabled) throw tokenRefusal('invalid_client', 'no such client')
  const isValid = hasSecret(client) ? isSecretOf(client, secret ?? '', now) : secret === undefined
  if (isValid) return client
  throw tokenRefusal('invalid_client', 'wrong secret', client.id)
}
