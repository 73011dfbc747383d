import { together } from '../../../lib/aws/together.ts'
import { hasFederation } from '../../../lib/config.ts'
import { etagOf, targetOf } from '../../../lib/http/operators/operator.ts'
import { type ReadRoute, readerOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { accountOf } from '../../../lib/operators/accounts.ts'
import { shownIdentities, signInOf } from '../../../lib/operators/reads/overview.ts'
import { recordView } from '../../../lib/operators/reads/trail.ts'
import { factorsOf } from '../../../lib/users/factors.ts'

/** GET /admin-api/users/{id}: one user, and why she may not be able to sign in. */
export const route: ReadRoute = async (event, at) => {
  const hasIdentities = hasFederation()
  const operator = await readerOf(event, at, 'users:read')
  const target = await targetOf(event, at, operator)
  const [, found, signIn] = await together([
    recordView(at.table, operator.act, target.id),
    hasIdentities ? shownIdentities(at.table, target.id) : [],
    signInOf(at.table, target, at.now),
  ])
  // Only commands name an identity by its id.
  const identities = found.map(({ id: _, ...shown }) => shown)
  const account = { ...accountOf(target), factors: factorsOf(target) }
  return json(200, { ...account, identities, signIn }, { ETag: etagOf(target) })
}
