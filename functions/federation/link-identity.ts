import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { byUser } from '../../lib/events/event.ts'
import { linkIdentity } from '../../lib/federation/link.ts'
import { findPending } from '../../lib/federation/pending.ts'
import { noContent } from '../../lib/http/responses.ts'
import { IdentityLink } from '../../lib/http/schemas/federation.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import { browserKeyOf } from '../../lib/http/sessions/browser-key.ts'
import { pageOf } from '../../lib/http/sessions/request.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notifyIdentity } from '../../lib/mail/request.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { returnProof, verifyOwner } from '../../lib/proofs/verify.ts'

/** POST /identities: adds an identity to the caller's account. Sessions stay. */
export const route: ReservingRoute<OwnerSetting | 'MAILER'> = async (event, at) => {
  const { table, now } = at
  const principal = principalOf(event, now)
  const { proof, body } = readProvedBody(event, IdentityLink, at.config)
  requireSameOrigin(pageOf(event, at))
  const waiting = { key: browserKeyOf(event), purpose: 'link' } as const
  const pending = await findPending(table, body.identityToken, waiting, now)
  const { user, attempt, spends } = await verifyOwner(at, principal, proof, 'identities')

  const change = { pending, changeId: randomUUID(), spends }
  const linking = linkIdentity(table, user, change, byUser(at, user.id))
  await together([linking, returnProof(table, attempt)])
  await notifyIdentity(at, 'identity-added', user, { provider: pending.providerName, label: pending.label })
  logEvent('info', { event: 'identity.linked', userId: user.id, provider: pending.provider })
  return noContent()
}
