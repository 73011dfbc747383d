import type { Table } from '../aws/dynamodb.ts'
import type { AuditEvent } from './event.ts'
import { completedIn, eventsOfUser, isReplacedSince, loginsCompletedAfter } from './store.ts'

/** Events of one response. */
export const EVENTS_PER_PAGE = 50

/** Actors in the events that a user sees. */
export const BY = ['account', 'operator', 'app', 'system', 'other'] as const

/** An event of an account for its user: no ARN, and nothing about another person. */
export interface OwnEvent
  extends Pick<AuditEvent, 'at' | 'type' | 'via' | 'ref' | 'changes' | 'detail' | 'failures'> {
  id: string
  by: (typeof BY)[number]
  /**
   * Only the account's own requests have these two members, and a correct password, whose sender is not known
   * yet.
   */
  sourceIp?: string | undefined
  userAgent?: string | undefined
  /** Only the account's own requests have it. */
  session?: string | undefined
}

/**
 * Finds the events of a user's account, the newest first. A correct password is left out if a complete
 * sign-in followed: the event of the session shows the same.
 *
 * The events of a user who was imported again begin at the import: the earlier account with the id may have
 * been another person's. The clock of the import may be slow, so the end of the earlier account counts too. A
 * client can invent a cursor, so a cursor of the earlier time gets no events.
 *
 * @param cursor - `next` of the page before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function ownEvents(
  table: Table,
  userId: string,
  cursor?: string,
): Promise<{ events: OwnEvent[]; next?: string | undefined }> {
  const before = cursor === undefined ? undefined : placeIn(cursor)
  const [{ events, next }, completedBefore, isCut] = await Promise.all([
    eventsOfUser(table, userId, { limit: EVENTS_PER_PAGE, before }),
    before === undefined ? [] : loginsCompletedAfter(table, userId, before),
    before !== undefined && isReplacedSince(table, userId, before),
  ])
  if (isCut) return { events: [] }
  const created = events.find(({ type }) => type === 'user.created')
  const deleted = events.find(({ type }) => type === 'user.deleted')
  const completed = new Set([...completedBefore, ...completedIn(events)])
  const own = events.filter(
    (one) =>
      one !== created &&
      // The first session of a registration begins in the same instant.
      (created === undefined || one.at >= created.at) &&
      (deleted === undefined || one.at > deleted.at) &&
      !isCompleted(one, completed),
  )
  const shown = [...own, ...(created ? [created] : [])]
  return {
    events: shown.map((one) => ownEventOf(userId, one)),
    next: created || deleted ? undefined : next && cursorOf(next),
  }
}

/**
 * Whether a correct password led to a session. An event that represents several passwords is always shown.
 */
const isCompleted = ({ type, detail, loginId }: AuditEvent, completed: ReadonlySet<unknown>): boolean =>
  type === 'factor.required' && detail !== 'more' && completed.has(loginId)

/** Returns the cursor of a place, for use in a URL. */
const cursorOf = (place: string): string => Buffer.from(place).toString('base64url')

const placeIn = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

/** Whether a value has the form of a cursor. Its time must allow adding half an hour. */
export function isCursor(value: string): boolean {
  const [, at = ''] = /^(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)#[\w-]+$/.exec(placeIn(value)) ?? []
  return /^[\w-]{20,80}$/.test(value) && !Number.isNaN(Date.parse(at))
}

function ownEventOf(userId: string, event: AuditEvent): OwnEvent {
  const { id, at, type, via, ref, changes, detail, failures, sourceIp, userAgent, session } = event
  const by = byOf(userId, event)
  return {
    id,
    at,
    type,
    by,
    via,
    ref,
    changes,
    detail,
    failures,
    ...((by === 'account' || type === 'factor.required') && { sourceIp, userAgent }),
    ...(by === 'account' && { session }),
  }
}

function byOf(userId: string, { actor, actorId }: AuditEvent): OwnEvent['by'] {
  if (actor === 'client') return 'app'
  if (actor === 'administrator') return 'operator'
  if (actor !== 'user') return actor
  return actorId === userId ? 'account' : 'other'
}
