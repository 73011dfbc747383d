import { json } from '../../lib/http/responses.ts'
import { SignOutRequest } from '../../lib/http/schemas/oauth.ts'
import { deleted } from '../../lib/http/sessions/cookie.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { signOut } from '../../lib/oauth/sign-out.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

type SignOutSetting = 'COOKIE_SESSIONS' | 'REFRESH_GRACE_SECONDS' | 'TOKEN_ISSUER' | 'PUBLISHED_KEYS'

const publicKeys = publicKeyCache()

/**
 * POST /oauth2/signout: decides the sign-out of the page `/oauth2/logout`. It accepts the session cookie only
 * from that page, ends its session, and leads to the app.
 */
export const route: TableRoute<SignOutSetting> = async (event, at) => {
  const page = pageOf(event, at)
  requireSameOrigin(page)
  const outcome = await signOut(at, publicKeys, readJson(event, SignOutRequest, at), page.refreshToken)
  return json(200, outcome, outcome.next === 'done' ? deleted() : {})
}
