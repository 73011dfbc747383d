import type { APIGatewayProxyResult } from 'aws-lambda'
import { headerOf } from '../../lib/http/headers.ts'
import { cookiesOf, onlyOf } from '../../lib/http/sessions/cookie.ts'
import { boundResponse, challengeResponse, overResponse } from '../../lib/http/sessions/device-response.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { type DeviceSession, findDeviceSession, useChallenge } from '../../lib/sessions/device/bind.ts'
import { isSignedBy, readProof, refusedProof, textOf } from '../../lib/sessions/device/proof.ts'
import { thumbprintOf } from '../../lib/sessions/device/thumbprint.ts'

type Request = Parameters<typeof route>

/**
 * POST /sessions/renew: renews the cookie of a bound session.
 *
 * It responds with 200, 403 with a challenge, 401 or 5xx, because browsers forget the key at any other status. No page is demanded: nothing is
 * given without a signature, and no script can set `Sec-Secure-Session-Id`.
 */
export const route: TableRoute<'TOKEN_ISSUER'> = async (event, at) => {
  const { asked, session } = await findAsked(event, at)
  if (!session) return overResponse(asked)
  const { device, deviceChallenge } = session
  const header = headerOf(event.headers, 'secure-session-response')
  if (header === '') return challengeResponse(deviceChallenge, device)
  const proof = readProof(header)
  if (proof.jwk !== undefined) throw refusedProof('a key in a renewal')
  if (!isSignedBy(proof, device)) throw refusedProof('another signature')
  if (proof.jti !== deviceChallenge) return challengeResponse(deviceChallenge, device)
  const challenge = await useChallenge(at.table, session, device)
  if (challenge === undefined) return askAgain(event, at)
  return boundResponse({ ...session, challenge }, at.config.TOKEN_ISSUER, at.allowedOrigins, at.now)
}

/** Reads the session again, because another request has used the challenge or ended the session. */
async function askAgain(...request: Request): Promise<APIGatewayProxyResult> {
  const { asked, session } = await findAsked(...request)
  return session ? challengeResponse(session.deviceChallenge, session.device) : overResponse(asked)
}

/** Finds the session of the cookie, if it is bound to the key that the browser names. */
async function findAsked(...[event, at]: Request) {
  const asked = textOf(headerOf(event.headers, 'sec-secure-session-id'))
  const session = await findDeviceSession(at, onlyOf(cookiesOf(event)))
  const isAsked = session?.device !== undefined && thumbprintOf(session.device) === asked
  return { asked, session: isAsked ? (session as DeviceSession & { device: string }) : undefined }
}
