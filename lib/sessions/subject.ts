import { ServiceError } from '../errors.ts'
import type { PresentedToken } from './refresh-token.ts'

/** The problem of a request of one user's page with the session of another user. Clients compare `error`. */
export const OTHER_SESSION = {
  error: 'other_user',
  detail: 'Another user has signed in in this browser. Nothing was changed.',
}

/**
 * Requires that a refresh token belongs to the user whom the client shows. A page does not notice when a page
 * of another origin signs in another user. Its next request then has the other user's cookie.
 *
 * @param presented - A refresh token, not yet verified: its user id is enough to reject the request.
 * @param sub - The user whom the client shows. Without it, every token passes.
 * @throws {@link ServiceError} `conflict`.
 */
export function requireSubject({ userId }: Pick<PresentedToken, 'userId'>, sub: string | undefined): void {
  if (sub === undefined || sub === userId) return
  throw new ServiceError('conflict', 'the session is of another user', OTHER_SESSION)
}
