import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { findIdentities } from '../../lib/federation/identity.ts'
import { unlinkIdentity } from '../../lib/federation/link.ts'
import { findProviderNames } from '../../lib/federation/provider.ts'
import { noContent } from '../../lib/http/responses.ts'
import { IdentityRemoval } from '../../lib/http/schemas/federation.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notifyIdentity } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'

/** DELETE /identities/{id}: removes an identity of the caller, ends all other sessions and revokes all access tokens. */
export const route: ReservingRoute<OwnerSetting | 'MAILER'> = async (event, at) => {
  const { table, now } = at
  const principal = principalOf(event, now)
  const { proof } = readProvedBody(event, IdentityRemoval, at.config)
  const { user, spends, survivingSession } = await verifyCaller(at, principal, proof, 'identities')

  const identities = await findIdentities(table, user.id)
  const identity = identities.find(({ id }) => id === event.pathParameters?.id)
  if (!identity) throw new ServiceError('not_found', 'no such identity')
  const names = await findProviderNames(table, [identity.provider])
  const change = { identity, changeId: randomUUID(), spends, survivingSession }
  if (!(await unlinkIdentity(table, user, change, byUser(at, user.id)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  const { provider, label } = identity
  await notifyIdentity(at, 'identity-removed', user, { provider: names.get(provider) ?? provider, label })
  logEvent('info', { event: 'identity.unlinked', userId: user.id, provider })
  return noContent()
}
