import { attributeClaims } from '../../application/attributes.ts'
import { secondOf } from '../../time.ts'
import { inputOf } from '../../tokens/access-token.ts'
import { acrOf } from '../../users/factors.ts'
import { audienceOf } from '../apis/api.ts'
import type { Client } from '../clients/client.ts'
import type { Grant } from '../grants/grant.ts'
import type { ClaimedUser } from '../grants/live.ts'
import { CLAIMS, type ScopedUser } from '../scopes.ts'

/** Grant, client, user and scopes of a token. */
export interface Granted {
  grant: Pick<Grant, 'id' | 'sessionId' | 'authTime' | 'amr' | 'resource'>
  client: Pick<Client, 'id' | 'firstParty'>
  user: ClaimedUser
  /** Names of the scopes of the token, with a space between them. */
  scope: string
}

/** Values of a token that do not come from its grant. */
export interface TokenDetails {
  issuer: string
  /** Identifier of the service's own API. */
  publicUrl: string
  /** Lifetime from the instant of issue. */
  ttlSeconds: number
}

const common = ({ grant, user }: Granted, { issuer, ttlSeconds }: TokenDetails, now: Date) => ({
  iss: issuer,
  sub: user.id,
  iat: secondOf(now),
  exp: secondOf(now) + ttlSeconds,
  sid: grant.sessionId,
  auth_time: grant.authTime,
  amr: grant.amr.split(' '),
  acr: acrOf(grant.amr),
})

/**
 * Creates a client's access token without its signature (RFC 9068 section 2). Its audience is the API, or the
 * issuer for `/userinfo`. The gateway's authorizer accepts only those for the service's own API. `gen` is the
 * user's generation, from the same read as the other claims.
 *
 * @param tokenId - Becomes `jti`; must be unique.
 * @returns As `accessTokenInput` in `lib/tokens/access-token.ts`.
 */
export function clientTokenInput(
  granted: Granted,
  details: TokenDetails & { tokenId: string },
  now: Date,
): (kid: string) => string {
  const { grant, client, user, scope } = granted
  return inputOf('at+jwt', {
    ...common(granted, details, now),
    aud: grant.resource === undefined ? details.issuer : audienceOf(grant.resource, details),
    client_id: client.id,
    scope,
    jti: details.tokenId,
    gid: grant.id,
    gen: user.generation,
    ...(client.firstParty && {
      ...attributeClaims(user.attributes),
      username: user.username,
      role: user.role,
    }),
  })
}

/**
 * Creates the access token of a machine without its signature (RFC 9068 section 2.2). Its subject is the
 * client. It names no user, session and grant, so no route that needs one of them accepts it. `gen` is the
 * generation of the client.
 *
 * @param scope - Names of the scopes, with a space between them.
 * @returns As {@link clientTokenInput}.
 */
export const machineTokenInput = (
  { client, resource, scope }: { client: Pick<Client, 'id' | 'generation'>; resource: string; scope: string },
  { issuer, publicUrl, ttlSeconds, tokenId }: TokenDetails & { tokenId: string },
  now: Date,
): ((kid: string) => string) =>
  inputOf('at+jwt', {
    iss: issuer,
    sub: client.id,
    aud: audienceOf(resource, { issuer, publicUrl }),
    client_id: client.id,
    gen: client.generation,
    scope,
    iat: secondOf(now),
    exp: secondOf(now) + ttlSeconds,
    jti: tokenId,
  })

/**
 * Creates an id_token without its signature (OpenID Connect Core section 2). If the access token is for an
 * API, the id_token has the claims of the scopes. Perhaps only that API sends the access token to
 * `/userinfo`, not the client.
 *
 * @returns As {@link clientTokenInput}.
 */
export const idTokenInput = (
  granted: Granted,
  details: TokenDetails & { nonce?: string | undefined },
  now: Date,
): ((kid: string) => string) =>
  inputOf('JWT', {
    ...(granted.grant.resource !== undefined && claimsOfScopes(granted.user, granted.scope)),
    ...common(granted, details, now),
    aud: granted.client.id,
    nonce: details.nonce,
  })

/** Returns the claims of standard scopes, as {@link CLAIMS} says. Attributes of the application belong to `profile`. */
export function claimsOfScopes(user: ScopedUser, scope: string): object {
  const scopes = scope.split(' ')
  const claims = Object.entries(CLAIMS).flatMap(([name, of]) =>
    scopes.includes(name) ? Object.entries(of) : [],
  )
  return {
    ...(scopes.includes('profile') && attributeClaims(user.attributes)),
    ...Object.fromEntries(claims.map(([name, read]) => [name, read(user)])),
  }
}
