import { randomBytes } from 'node:crypto'
import { ServiceError } from '../../lib/errors.ts'
import { authorizationUrl } from '../../lib/federation/exchange/exchange.ts'
import { findProvider, redirectUriOf } from '../../lib/federation/provider.ts'
import { otherAddress, providerRefused } from '../../lib/federation/refusals.ts'
import { newKey, startTry, TRY_RANDOM_BYTES } from '../../lib/federation/try.ts'
import { json } from '../../lib/http/responses.ts'
import { ProviderOptions } from '../../lib/http/schemas/federation.ts'
import { browserKeyOf, keyCookie } from '../../lib/http/sessions/browser-key.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { parseRefreshToken } from '../../lib/sessions/refresh-token.ts'

/** POST /login/provider/options: begins a sign-in with a provider, or a link. Only a page of the service's own origin may. */
export const route: ReservingRoute<'COOKIE_SESSIONS' | 'PUBLIC_URL'> = async (event, at) => {
  const { table, config, now } = at
  const page = pageOf(event, at)
  requireSameOrigin(page)
  const { provider: id, again: isAgain = false, ...rest } = readJson(event, ProviderOptions, at)
  const purpose = rest.purpose === 'link' ? 'link' : 'sign-in'
  // The provider leads to the public URL. At another address of the service, the cookie would not be there.
  if (page.origin !== new URL(config.PUBLIC_URL).origin) {
    throw new ServiceError('forbidden', 'another address', { detail: otherAddress(config.PUBLIC_URL) })
  }
  const userId = purpose === 'link' ? (parseRefreshToken(page.refreshToken)?.userId ?? '') : ''
  if (purpose === 'link' && userId === '') throw new ServiceError('invalid_token', 'a link without a session')
  const provider = await findProvider(table, id)
  if (!provider || provider.disabled) throw providerRefused('the provider was removed, disabled or changed')
  const key = browserKeyOf(event) || newKey()
  const own = startTry(key, { purpose, provider, userId }, now, randomBytes(TRY_RANDOM_BYTES))
  const redirectUri = redirectUriOf(config.PUBLIC_URL, id)
  return json(
    200,
    { authorizationUrl: authorizationUrl(provider, own, { redirectUri, isAgain }) },
    keyCookie(key),
  )
}
