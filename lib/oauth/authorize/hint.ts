import type { At } from '../../context.ts'
import { hintedUserOf, readHint } from '../../tokens/id-token.ts'
import type { publicKeyCache } from '../../tokens/public-keys.ts'
import { type AuthorizationError, LOGIN_REQUIRED } from './error.ts'
import type { AuthorizationRequest } from './request.ts'

/** The error of a hint that is no id_token of this service. */
const INVALID_HINT: AuthorizationError = {
  error: 'invalid_request',
  description: 'id_token_hint is no id_token of this service.',
}

/**
 * Returns the user of the `id_token_hint` of a request. A hint by a key that is no longer published counts as none: clients keep
 * id_tokens for longer than keys live. With `prompt=none` it gives `login_required`, because the client expects that user.
 *
 * @param publicKeys - The cache of the function.
 * @returns `undefined` without a hint that can be verified.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function hintedUser(
  { table, config, now }: At<'PUBLISHED_KEYS' | 'TOKEN_ISSUER'>,
  publicKeys: ReturnType<typeof publicKeyCache>,
  { unverifiedHint, prompts }: Pick<AuthorizationRequest, 'unverifiedHint' | 'prompts'>,
): Promise<string | AuthorizationError | undefined> {
  if (unverifiedHint === undefined) return undefined
  const unverified = readHint(unverifiedHint)
  if (unverified === undefined) return INVALID_HINT
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
  if (!keys.has(unverified.kid ?? '')) return prompts.includes('none') ? LOGIN_REQUIRED : undefined
  return hintedUserOf(unverified, keys, config.TOKEN_ISSUER) ?? INVALID_HINT
}
