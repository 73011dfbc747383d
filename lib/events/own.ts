import type { Table } from '../aws/dynamodb.ts'
import type { AuditEvent } from './event.ts'
import { eventsOfUser, isCreatedSince } from './store.ts'

/** Events of one response. */
export const EVENTS_PER_PAGE = 50

/** Who acted, as a user sees it. */
export const BY = ['account', 'operator', 'app', 'system', 'other'] as const

/** An event of an account, as its user sees it: no ARN, and nothing about another person. */
export interface OwnEvent
  extends Pick<AuditEvent, 'at' | 'type' | 'via' | 'ref' | 'changes' | 'detail' | 'failures'> {
  id: string
  by: (typeof BY)[number]
  /** These three are of the account's own requests only. */
  sourceIp?: string | undefined
  userAgent?: string | undefined
  session?: string | undefined
}

/**
 * Finds what happened to a user's account, the newest first. A user who was imported again begins there: the earlier account with
 * the id may have been another person's. A client can make up a cursor, so one of that time gets no events.
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
  const [{ events, next }, isCut] = await Promise.all([
    eventsOfUser(table, userId, { limit: EVENTS_PER_PAGE, before }),
    before !== undefined && isCreatedSince(table, userId, before),
  ])
  if (isCut) return { events: [] }
  const created = events.find(({ type }) => type === 'user.created')
  // The first session of a registration begins in the same instant.
  const own = events.filter((one) => created === undefined || (one !== created && one.at >= created.at))
  const shown = [...own.sort(latestFirst), ...(created ? [created] : [])]
  return {
    events: shown.map((one) => ownEventOf(userId, one)),
    next: created ? undefined : next && cursorOf(next),
  }
}

/** Orders by time. The place of a correct password without the second factor is that of its hour. */
const latestFirst = (a: AuditEvent, b: AuditEvent): number => b.at.localeCompare(a.at)

/** Returns the cursor that stands in an address for a place. */
const cursorOf = (place: string): string => Buffer.from(place).toString('base64url')

const placeIn = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

/** Whether a value has the form of a cursor. */
export const isCursor = (value: string): boolean =>
  /^[\w-]{20,80}$/.test(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z?#[\w-]+$/.test(placeIn(value))

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
    ...(by === 'account' && { sourceIp, userAgent, session }),
  }
}

function byOf(userId: string, { actor, actorId }: AuditEvent): OwnEvent['by'] {
  if (actor === 'client') return 'app'
  if (actor !== 'user') return actor
  return actorId === userId ? 'account' : 'other'
}
