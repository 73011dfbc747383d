// A file of its own: the client refreshes as soon as it is created, and most requests need no refresh.

import { createAuth } from '../../../client/client.js'

/** Replaces the refresh token in the cookie. @throws {AuthError} if the service does not respond. */
export const refresh = () => createAuth({ url: '..' }).refresh()
