import { isLive, type Session } from '../../sessions/session.ts'
import { USER_STATE, type User, type UserState } from '../../users/user.ts'
import type { Client } from '../clients/client.ts'
import type { App } from './app.ts'
import type { Grant } from './grant.ts'

/** Generations that a code or a grant carries of what it depends on. */
export type Bound = Pick<Grant, 'clientGeneration' | 'appGeneration' | 'sessionGeneration'>

/** Attributes that are read of the user of a code or a grant: tokens depend on them, or claim them. */
export const CLAIMED_USER = [...USER_STATE, 'email', 'emailVerified', 'locale'] as const

/** The user of a code or a grant. */
export type ClaimedUser = Pick<User, 'id' | (typeof CLAIMED_USER)[number]>

/** What a code or a grant depends on, from a read of this request. */
export interface Sources {
  client: Pick<Client, 'disabled' | 'generation'>
  app: Pick<App, 'generation'> | undefined
  user: ClaimedUser | undefined
  session: Session | undefined
  /** Whether the end of the session ended its grants: see `endsGrants` in `lib/sessions/store.ts`. */
  hasEndedGrants: boolean
}

/**
 * Whether all that a code or a grant depends on is enabled and has the same generations.
 *
 * A change of the password ends every grant, also those of the session that survives it. A thief who had the
 * earlier password may have allowed the app.
 *
 * So does reuse of a session's token: the thief who had it may have given an app lasting access.
 *
 * @param offline - Whether it may outlive its session.
 */
export function hasLiveSources(
  bound: Bound,
  { client, app, user, session, hasEndedGrants }: Omit<Sources, 'user'> & { user: UserState | undefined },
  offline: boolean,
  now: Date,
): boolean {
  if (client.disabled || client.generation !== bound.clientGeneration) return false
  if (app?.generation !== bound.appGeneration) return false
  if (user === undefined || user.disabled || user.sessionGeneration !== bound.sessionGeneration) return false
  if (hasEndedGrants) return false
  return offline || (session !== undefined && isLive(session, user, now))
}
