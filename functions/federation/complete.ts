import { together } from '../../lib/aws/together.ts'
import { exchange } from '../../lib/federation/exchange/exchange.ts'
import { redirectUriOf } from '../../lib/federation/provider.ts'
import { decryptProviderSecret } from '../../lib/federation/secret.ts'
import { admitResponse, completeWithIdentity } from '../../lib/federation/sign-in/complete.ts'
import { findUnchangedProvider, verifyState } from '../../lib/federation/sign-in/next-step.ts'
import { json } from '../../lib/http/responses.ts'
import { ProviderResponse } from '../../lib/http/schemas/federation.ts'
import { browserKeyOf } from '../../lib/http/sessions/browser-key.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { parseRefreshToken } from '../../lib/sessions/refresh-token.ts'
import type { SignInSetting } from '../../lib/settings.ts'

/** POST /login/provider: signs in with the response of a provider. */
export const route: ReservingRoute<
  SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE' | 'FACTOR_KEY' | 'PUBLIC_URL' | 'REQUIRE_SECOND_FACTOR'
> = async (event, arrival) => {
  const { table, config, now } = arrival
  const { provider: id, query, inCookie, refreshToken } = readSignIn(event, ProviderResponse, arrival)
  const page = pageOf(event, arrival)
  requireSameOrigin(page)
  const browser = { key: browserKeyOf(event), userId: parseRefreshToken(page.refreshToken)?.userId ?? '' }
  const tried = verifyState(query, id, browser, now)
  const [admitted, provider] = await together([
    admitResponse(arrival),
    findUnchangedProvider(table, id, tried.own),
  ])
  const secret = await decryptProviderSecret(table.aws, config.FACTOR_KEY, id, provider.secret)
  const redirectUri = redirectUriOf(config.PUBLIC_URL, id)
  const claimed = await exchange(provider, secret, tried.own, { query, redirectUri })

  // The provider takes its time, so the sign-in has a later instant.
  const at = { ...arrival, now: new Date() }
  const request = { browser, page, inCookie, refreshToken, admitted }
  const done = await completeWithIdentity(at, { ...tried, provider }, claimed, request)
  return 'tokens' in done ? sessionResponse(done.tokens) : json(200, done.next)
}
