// A separate file: the client refreshes as soon as it is created, and only a request that gets a code needs
// it.

import { createAuth } from '../../../client/session.js'

let auth

/**
 * Replaces the refresh token in the cookie.
 *
 * @returns The new access token. It is `undefined` if the user is signed out.
 * @throws {AuthError} if the service does not respond.
 */
export async function refresh() {
  auth ??= createAuth({ url: '..' })
  await auth.refresh()
  return auth.getAccessToken()
}
