/**
 * What the old place says about a password.
 *
 * - `correct`: it is the password of the user whose `externalId` was asked for.
 * - `correct-with-factor`: the same, and the user has a second factor there.
 * - `wrong`: it is not, or the place has no such user, or another one.
 * - `exceeded`: the place refuses to compare for a while. It is no verdict: the response is that of a wrong password, and the
 *   attempt is given back.
 * - `unavailable`: no verdict, because of an outage or a fault of an operator. The response is 503, and the attempt is given back.
 */
export type Verdict = 'correct' | 'correct-with-factor' | 'wrong' | 'exceeded' | 'unavailable'

/** What the function `drain` is asked. */
export interface Question {
  /** The user's `externalId`: the `sub` in Cognito, the `id` at an endpoint. */
  id: string
  /** The user's `passwordFrom`: the name under which the old place knows the user. */
  username: string
  password: string
  /** Address of the client, for the threat protection of Cognito. */
  address?: string
}
