import type { Table } from '../aws/dynamodb.ts'
import type { AuditEvent } from './event.ts'
import { eventsOfUser } from './store.ts'

/** Events of one response. */
export const EVENTS_PER_PAGE = 50

/** Who acted, as a user sees it. */
export const BY = ['account', 'operator', 'system', 'other'] as const

/** An event of an account, as its user sees it: no ARN, and nothing about another person. */
export interface OwnEvent
  extends Pick<AuditEvent, 'at' | 'type' | 'via' | 'changes' | 'detail' | 'failures'> {
  id: string
  by: (typeof BY)[number]
  /** These three are of the account's own requests only. */
  sourceIp?: string | undefined
  userAgent?: string | undefined
  session?: string | undefined
}

/**
 * Finds what happened to a user's account, the newest first. A user who was imported again begins there: the earlier account with
 * the id may have been another person's.
 *
 * @param before - `next` of the page before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function ownEvents(
  table: Table,
  userId: string,
  before?: string,
): Promise<{ events: OwnEvent[]; next?: string | undefined }> {
  const { events, next } = await eventsOfUser(table, userId, {
    limit: EVENTS_PER_PAGE,
    before: before && placeIn(before),
  })
  const created = events.findIndex(({ type }) => type === 'user.created')
  if (created >= 0) return { events: events.slice(0, created + 1).map((one) => ownEventOf(userId, one)) }
  return { events: events.map((one) => ownEventOf(userId, one)), next: next && cursorOf(next) }
}

/** Returns the cursor that stands in an address for a place. */
const cursorOf = (place: string): string => Buffer.from(place).toString('base64url')

const placeIn = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()

/** Whether a value has the form of a cursor. */
export const isCursor = (value: string): boolean =>
  /^[\w-]{20,80}$/.test(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z?#[\w-]+$/.test(placeIn(value))

function ownEventOf(userId: string, event: AuditEvent): OwnEvent {
  const { id, at, type, via, changes, detail, failures, sourceIp, userAgent, session } = event
  const by = byOf(userId, event)
  return {
    id,
    at,
    type,
    by,
    via,
    changes,
    detail,
    failures,
    ...(by === 'account' && { sourceIp, userAgent, session }),
  }
}

function byOf(userId: string, { actor, actorId }: AuditEvent): OwnEvent['by'] {
  if (actor !== 'user') return actor
  return actorId === userId ? 'account' : 'other'
}
