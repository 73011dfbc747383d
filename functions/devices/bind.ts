import { headerOf } from '../../lib/http/headers.ts'
import { boundResponse } from '../../lib/http/sessions/device-response.ts'
import { pageOf } from '../../lib/http/sessions/request.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { findDeviceSession, isBindable, useChallenge } from '../../lib/sessions/device/bind.ts'
import { deviceOf, isSignedBy, readProof, refusedProof } from '../../lib/sessions/device/proof.ts'
import { requireOwnPage } from '../../lib/sessions/page.ts'

/**
 * POST /sessions/bind: binds the session of the cookie to the key of a device. The browser sends it after a sign-in, with a proof of the
 * challenge in the response of that sign-in: so a thief with a copied cookie cannot.
 */
export const route: TableRoute<'TOKEN_ISSUER'> = async (event, at) => {
  const { table, config, allowedOrigins, now } = at
  const page = pageOf(event, at)
  requireOwnPage(page)
  const proof = readProof(headerOf(event.headers, 'secure-session-response'))
  const device = deviceOf(proof)
  const session = await findDeviceSession(at, page.refreshToken)
  if (!session || !isBindable(session, now)) throw refusedProof('no session to bind')
  if (proof.jti !== session.deviceChallenge) throw refusedProof('another challenge')
  if (!isSignedBy(proof, device)) throw refusedProof('another signature')
  const challenge = await useChallenge(table, session, device)
  if (challenge === undefined) throw refusedProof('the session has changed')
  logEvent('info', { event: 'session.bound', userId: session.userId, sessionId: session.id })
  return boundResponse({ ...session, device, challenge }, config.TOKEN_ISSUER, allowedOrigins, now)
}
