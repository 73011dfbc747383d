import type { User } from '../../../lib/users/user.ts'
import type { KnownSession, KnownToken, UserScene } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
  session?: KnownSession
  token?: KnownToken
}

/** What is known of a user, and must be true at the end. */
export type Known = Pick<User, 'username' | 'email' | 'role' | 'disabled'> & {
  /** `undefined` if no password matches. */
  password: string | undefined
}

/** A kind of operation on the user ada. */
export interface Act {
  /** What its write revokes: access tokens alone, or all sessions too; for `address`, if the user loses an address by it. */
  revokes?: 'tokens' | 'address' | 'all'
  /** What its write changes. */
  effect?(scene: UserScene): Partial<Known> | 'removed'
  /** Password that it presents. */
  password?: string
  run(scene: UserScene, by: number): Promise<Report>
}
