import type { At } from '../../context.ts'
import { hintedUserOf, readHint } from '../../tokens/id-token.ts'
import type { publicKeyCache } from '../../tokens/public-keys.ts'
import type { AuthorizationError } from './error.ts'
import type { AuthorizationRequest } from './request.ts'

/** The error of a hint that is no id_token of this service. */
const INVALID_HINT: AuthorizationError = {
  error: 'invalid_request',
  description: 'id_token_hint is no id_token of this service.',
}

/**
 * Returns the user of the `id_token_hint` of a request.
 *
 * @param publicKeys - The cache of the function.
 * @returns `undefined` without a hint.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function hintedUser(
  { table, config, now }: At<'PUBLISHED_KEYS' | 'TOKEN_ISSUER'>,
  publicKeys: ReturnType<typeof publicKeyCache>,
  { unverifiedHint }: Pick<AuthorizationRequest, 'unverifiedHint'>,
): Promise<string | AuthorizationError | undefined> {
  if (unverifiedHint === undefined) return undefined
  const unverified = readHint(unverifiedHint)
  if (unverified === undefined) return INVALID_HINT
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
  return hintedUserOf(unverified, keys, config.TOKEN_ISSUER) ?? INVALID_HINT
}
