import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { findUserState } from '../users/store.ts'
import { isLive, type SessionSummary, summaryOf } from './session.ts'
import { findSessions } from './store.ts'

/** Most sessions of one page of a list. */
const SESSIONS_PER_PAGE = 100

/**
 * Lists the live sessions of a user, the newest first, one page at a time.
 *
 * @param after - `next` of the page before.
 * @returns The page, and the id of the session after which the next page begins. A page may have fewer
 *   sessions than the next one, because sessions that are not live use up part of its read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function liveSessions(
  { table, now, device }: Pick<At, 'table' | 'now' | 'device'>,
  userId: string,
  after?: string,
): Promise<{ sessions: SessionSummary[]; next?: string | undefined }> {
  const [user, found] = await together([
    findUserState(table, userId),
    findSessions(table, userId, after, device),
  ])
  const live = found.sessions.filter((session) => isLive(session, user, now))
  const page = live.slice(0, SESSIONS_PER_PAGE)
  return {
    sessions: page.map((session) => ({ ...summaryOf(session, now), ...device?.summaryOf(session) })),
    next: live.length > page.length ? page.at(-1)?.id : found.next,
  }
}
