/**
 * What the old place says about a password.
 *
 * - `correct`: it is the password of the user whose `externalId` was asked for.
 * - `correct-with-factor`: the same, and the user has a second factor there.
 * - `wrong`: it is not, or the place has no such user, or another one.
 * - `exceeded`: the place refuses to compare for a while. It is no verdict: the response is that of a wrong password.
 * - `unavailable`: no verdict, because of an outage or a fault of an operator. The response is 503.
 *
 * After the last two, the attempt counts only for the source.
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

/** Why there is no verdict, for the log. The list is closed, so no value of a question or a response gets there. */
export type Failure =
  | 'The user pool does not respond.'
  | 'The user pool limits requests.'
  | 'The user pool refuses the request.'
  | 'The user pool asks for an unknown challenge.'
  | 'The response of the user pool is invalid.'
  | 'The user pool or its app client does not exist. Correct oldPool and oldPoolClient.'
  | 'The app client has a secret. Give oldPoolClient one without a secret.'
  | 'The app client does not allow ADMIN_USER_PASSWORD_AUTH. Add ALLOW_ADMIN_USER_PASSWORD_AUTH to it.'
  | 'The user pool is in another account, or its policy denies the function. Use passwordsUrl for another account.'
  | 'The endpoint of passwordsUrl does not respond.'
  | 'The endpoint of passwordsUrl refuses the secret. Seal it again.'
  | 'The endpoint of passwordsUrl returns another status than 200.'
  | 'The response of the endpoint of passwordsUrl is invalid.'

/** A verdict. Without one, `reason` and `error` say why. */
export type Judged =
  | { verdict: Exclude<Verdict, 'unavailable'> }
  | { verdict: 'unavailable'; reason: Failure; error?: string | undefined }

/**
 * Says why a place gives no verdict.
 *
 * @param error - A code: of AWS, of HTTP or of node.
 */
export const noVerdict = (reason: Failure, error?: string): Judged => ({
  verdict: 'unavailable',
  reason,
  ...(error !== undefined && { error }),
})
