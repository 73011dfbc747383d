import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as signOutForApp } from '../oauth/signout.ts'
import { route as signOut } from './sign-out.ts'

/** The routes that end the session of a refresh token. */
export const handler = tableHandler(
  ['COOKIE_SESSIONS', 'REFRESH_GRACE_SECONDS', 'TOKEN_ISSUER', 'PUBLISHED_KEYS'],
  byRoute({ 'POST /logout': signOut, 'POST /oauth2/signout': signOutForApp }),
)
