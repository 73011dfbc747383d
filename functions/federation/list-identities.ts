import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { findIdentities } from '../../lib/federation/identity.ts'
import { findProviderNames } from '../../lib/federation/provider.ts'
import { json } from '../../lib/http/responses.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { hasPassword } from '../../lib/passwords/hash.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUser } from '../../lib/users/store.ts'

/** GET /identities: what the caller signs in with at providers, the oldest first, and whether there is a password. */
export const route: ReservingRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const [user, identities] = await together([findUser(table, userId), findIdentities(table, userId)])
  requireUnrevoked(generation, user)
  const names = await findProviderNames(
    table,
    identities.map(({ provider }) => provider),
  )
  const shown = identities
    .toSorted((one, other) => one.createdAt.localeCompare(other.createdAt))
    .map(({ id, provider, label, createdAt, lastUsedAt }) => {
      // An operator may have removed the provider.
      const name = names.get(provider) ?? provider
      return { id, provider, name, label, createdAt, ...(lastUsedAt && { lastUsedAt }) }
    })
  return json(200, { identities: shown, hasPassword: hasPassword(user.passwordHash) })
}
