import { headerOf } from '../../lib/http/headers.ts'
import { challenged, json } from '../../lib/http/responses.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { findUserInfo } from '../../lib/oauth/userinfo.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const SETTINGS = ['TOKEN_ISSUER', 'TOKEN_AUDIENCE', 'PUBLISHED_KEYS', 'OAUTH'] as const

const publicKeys = publicKeyCache()

/**
 * GET and POST /userinfo: the caller's current claims (OpenID Connect Core section 5.3). Other services ask
 * it whether a token is still accepted.
 *
 * It verifies the token itself, because the gateway's authorizer rejects those of clients. It accepts a token
 * only in the header: a page of another site could send one in a form.
 */
export const handler = tableHandler(SETTINGS, async (event, at) => {
  const authorization = headerOf(event.headers, 'authorization')
  try {
    return json(200, await findUserInfo(at, authorization, publicKeys))
  } catch (error) {
    return challenged(error, authorization)
  }
})
