import type { At } from '../../context.ts'
import { type IdTokenHint, readHint, verifyHint } from '../../tokens/id-token.ts'
import type { PublicKeyCache } from '../../tokens/public-keys.ts'
import { type AuthorizationError, LOGIN_REQUIRED } from './error.ts'
import type { AuthorizationRequest } from './request.ts'

type HintSetting = 'PUBLISHED_KEYS' | 'TOKEN_ISSUER'

/** The error of a hint that is no id_token of this service. */
const INVALID_HINT: AuthorizationError = {
  error: 'invalid_request',
  description: 'id_token_hint is no id_token of this service.',
}

/**
 * Returns the user of the `id_token_hint` of a request. If its key is no longer published, the hint is
 * ignored: clients keep id_tokens for longer than keys live. With `prompt=none` such a hint gives
 * `login_required`, because the client expects that user.
 *
 * @param publicKeys - The cache of the function.
 * @returns `undefined` without a hint that can be verified.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function hintedUser(
  at: At<HintSetting>,
  publicKeys: PublicKeyCache,
  { unverifiedHint, prompts }: Pick<AuthorizationRequest, 'unverifiedHint' | 'prompts'>,
): Promise<string | AuthorizationError | undefined> {
  if (unverifiedHint === undefined) return undefined
  const hint = await readVerifiedHint(at, publicKeys, unverifiedHint)
  if (hint === 'unpublished') return prompts.includes('none') ? LOGIN_REQUIRED : undefined
  return hint === 'invalid' ? INVALID_HINT : hint.userId
}

/**
 * Verifies an `id_token_hint`, also an expired one.
 *
 * @param publicKeys - The cache of the function.
 * @returns `unpublished`, if its key is not or no longer published; `invalid`, if it is no id_token of this service.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function readVerifiedHint(
  { table, config, now }: At<HintSetting>,
  publicKeys: PublicKeyCache,
  unverifiedHint: string,
): Promise<IdTokenHint | 'invalid' | 'unpublished'> {
  const unverified = readHint(unverifiedHint)
  if (unverified === undefined) return 'invalid'
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
  if (!keys.has(unverified.kid ?? '')) return 'unpublished'
  return verifyHint(unverified, keys, config.TOKEN_ISSUER) ?? 'invalid'
}
