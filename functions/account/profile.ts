import { HAS_ATTRIBUTES, userAttributesOf } from '../../lib/application/attributes.ts'
import { principalOf } from '../../lib/authorization/principal.ts'
import { findOwnAccount } from '../../lib/factors/own-account.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { localeOf } from '../../lib/users/locale.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { claimsOf } from '../../lib/users/user.ts'

/** GET /me: the caller's whole profile. The caller's sessions are at GET /sessions. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const user = await findOwnAccount(table, userId)
  requireUnrevoked(generation, user)
  const { emailAsWritten, createdAt, changedAt, factors, recoveryCodesLeft, externalId } = user
  const attributes = HAS_ATTRIBUTES ? userAttributesOf(user.attributes) : undefined
  const own = { emailAsWritten, createdAt, changedAt, factors, recoveryCodesLeft, externalId, attributes }
  return json(200, { ...claimsOf(userId, { ...user, locale: localeOf(user) }), ...own })
}
