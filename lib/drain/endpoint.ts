import { type Bounds, membersOf, send } from '../send.ts'
import { type Judged, noVerdict, type Question } from './verdict.ts'

/** An endpoint that knows the passwords. */
export interface Endpoint {
  /** https, or http on this machine. */
  url: string
  /** The bearer token by which the endpoint knows this service. */
  secret: string
}

/** The response is an object with three short members. */
const ENDPOINT_BOUNDS: Bounds = { timeoutMs: 3_000, maxBytes: 4_096 }

/**
 * Asks an endpoint whether a password is that of a user. It sends `{"id", "username", "password"}`. The endpoint returns status 200 and
 * `{"correct": true, "id"}`, with `"secondFactor": true` for a user with a second factor; or `{"correct": false}`. No redirect is
 * followed.
 *
 * @param bounds - Limits of the request.
 */
export async function askEndpoint(
  { url, secret }: Endpoint,
  { id, username, password }: Question,
  bounds: Bounds = ENDPOINT_BOUNDS,
): Promise<Judged> {
  const body = JSON.stringify({ id, username, password })
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: `Bearer ${secret}`,
  }
  let response: Response
  try {
    response = await send(url, { method: 'POST', headers, body }, bounds)
  } catch (error) {
    return noVerdict('The endpoint of passwordsUrl does not respond.', (error as Error).message)
  }
  const { status } = response
  if (status === 200) return judge(await membersOf(response), id)
  return noVerdict(
    status === 401 || status === 403
      ? 'The endpoint of passwordsUrl refuses the secret. Seal it again.'
      : 'The endpoint of passwordsUrl returns another status than 200.',
    `status_${status}`,
  )
}

function judge(members: Record<string, unknown>, asked: string): Judged {
  const { correct, id, secondFactor = false } = members
  if (correct === false) return { verdict: 'wrong' }
  if (correct !== true || typeof id !== 'string' || typeof secondFactor !== 'boolean') {
    return noVerdict('The response of the endpoint of passwordsUrl is invalid.')
  }
  if (id !== asked) return { verdict: 'wrong' }
  return { verdict: secondFactor ? 'correct-with-factor' : 'correct' }
}
