import { randomUUID } from 'node:crypto'
import { together } from '../../aws/together.ts'
import type { Config } from '../../config.ts'
import type { At } from '../../context.ts'
import type { kmsSigner } from '../../tokens/signer.ts'
import type { Client } from '../clients/client.ts'
import { clientTokenInput, type Granted, idTokenInput } from './claims.ts'

/** Settings of a function that issues tokens to clients. */
export const CLIENT_TOKENS = ['SIGNING_KEY', 'TOKEN_ISSUER', 'TOKEN_TTL_SECONDS', 'PUBLIC_URL'] as const

/** Returns who issues tokens, and the identifier of the issuer's own API. */
export const partiesOf = (config: Config<'TOKEN_ISSUER' | 'PUBLIC_URL'>) => ({
  issuer: config.TOKEN_ISSUER,
  publicUrl: config.PUBLIC_URL,
})

/** Signs tokens: what {@link kmsSigner} returns. */
export type Signer = ReturnType<typeof kmsSigner>

/** A response with tokens, without the refresh token (RFC 6749 section 5.1). */
export interface Issued {
  access_token: string
  token_type: 'Bearer'
  /** Seconds. */
  expires_in: number
  scope: string
  id_token?: string | undefined
}

/** The tokens that a request gets. */
interface Wanted {
  granted: Granted & { client: Pick<Client, 'tokenTtlSeconds'> }
  /** Without it, no id_token is issued. */
  idToken?: { nonce: string | undefined } | undefined
}

/**
 * Issues the tokens of a grant: both signatures at once.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function issueClientTokens(
  { table, config, now }: At<(typeof CLIENT_TOKENS)[number]>,
  sign: Signer,
  { granted, idToken }: Wanted,
): Promise<Issued> {
  const ttlSeconds = granted.client.tokenTtlSeconds ?? config.TOKEN_TTL_SECONDS
  const details = { ...partiesOf(config), ttlSeconds }
  const signed = (input: (kid: string) => string) => sign(table.aws, config.SIGNING_KEY, input, now)
  const [access_token, id_token] = await together([
    signed(clientTokenInput(granted, { ...details, tokenId: randomUUID() }, now)),
    idToken ? signed(idTokenInput(granted, { ...details, ...idToken }, now)) : Promise.resolve(undefined),
  ])
  return {
    access_token,
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    scope: granted.scope,
    id_token,
  }
}
