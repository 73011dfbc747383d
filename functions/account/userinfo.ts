import { principalOf } from '../../lib/authorization/principal.ts'
import { json } from '../../lib/http/responses.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUserInfo } from '../../lib/users/store.ts'
import { claimsOf } from '../../lib/users/user.ts'

/**
 * GET /userinfo: who the caller is now (OpenID Connect Core section 5.3). Other services ask it whether a token
 * is still accepted.
 */
export const handler = tableHandler([], async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const user = await findUserInfo(table, userId)
  requireUnrevoked(generation, user)
  return json(200, claimsOf(userId, user))
})
