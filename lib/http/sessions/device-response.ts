import type { APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../../errors.ts'
import { BOUND_COOKIE, BOUND_SECONDS, newBound } from '../../sessions/device/bound.ts'
import { BOUND_ATTRIBUTES, instructionsOf } from '../../sessions/device/instructions.ts'
import { DEVICE_CHALLENGE } from '../../sessions/device/refusals.ts'
import { thumbprintOf } from '../../sessions/device/thumbprint.ts'
import type { Headers } from '../headers.ts'
import { json, problem } from '../responses.ts'

/** A session that a device has just shown to be its own. */
interface Shown {
  salt: string
  device: string
  /** What the device signs next. */
  challenge: string
}

/** Returns the response to a valid proof: what the browser needs to know of the session, and the cookie that ends in ten minutes. */
export const boundResponse = (
  { salt, device, challenge }: Shown,
  issuer: string,
  allowedOrigins: readonly string[],
  now: Date,
): APIGatewayProxyResult =>
  json(200, instructionsOf(device, issuer, allowedOrigins), {
    'Set-Cookie': `${BOUND_COOKIE}=${newBound({ salt }, now)}; Max-Age=${BOUND_SECONDS}; ${BOUND_ATTRIBUTES}`,
    ...challengeOf(challenge, device),
  })

/** Returns the response to a request without a proof, or with one of another challenge: the browser repeats it with this challenge. */
export function challengeResponse(challenge: string, device: string): APIGatewayProxyResult {
  const response = problem(new ServiceError('forbidden', 'no proof', { detail: DEVICE_CHALLENGE }))
  return { ...response, headers: { ...response.headers, ...challengeOf(challenge, device) } }
}

/** Returns the response that makes the browser forget a session and its key. */
export const overResponse = (identifier: string): APIGatewayProxyResult =>
  json(200, { session_identifier: identifier, continue: false })

const challengeOf = (challenge: string, device: string): Headers => ({
  'Secure-Session-Challenge': `"${challenge}";id="${thumbprintOf(device)}"`,
})
