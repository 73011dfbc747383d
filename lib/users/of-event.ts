import { within } from '../aws/client.ts'
import { readConfig } from '../config.ts'
import type { AuthEvent } from '../events/auth-event.ts'
import { findUserInfo, type UserInfo } from './store.ts'

/** Time for the read. A function has five seconds, if it says nothing else. */
const READ_MS = 3_000

/**
 * Finds the user whom an event is about, as the user is now, with a consistent read. The function needs `settings: [table]` and
 * `may: [readUserInfo]`.
 *
 * @returns `undefined` for a user who was removed, and for events of clients and APIs.
 * @throws {@link ServiceError} `unavailable`. The event comes again if the function throws it.
 */
export function userOf({ detail }: Pick<AuthEvent, 'detail'>): Promise<UserInfo | undefined> {
  const { TABLE_NAME: name } = readConfig(['TABLE_NAME'])
  return findUserInfo({ aws: within(Date.now() + READ_MS), name }, detail.subject)
}
