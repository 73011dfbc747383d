import { hash, randomBytes } from 'node:crypto'
import {
  attributesOf,
  type Demand,
  optionalNumber,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  texts,
} from '../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../aws/item.ts'
import type { At } from '../context.ts'
import { secondOf } from '../time.ts'
import type { DetailOf, EventClass, EventType } from './types.ts'

/**
 * The kind of actor: the user with this id, an operator with this ARN, the user with this id who administers another account, the
 * client with this id, or the service itself.
 */
export type Actor = 'user' | 'operator' | 'administrator' | 'client' | 'system'

/**
 * The actor and the origin that all events of a request, or of a command, share. Every store function that
 * changes an account demands it, so a change without an event does not compile.
 */
export interface Act {
  actor: Actor
  /** Id of a user or of a client, or ARN of an operator. It is `undefined` for the service. */
  actorId?: string | undefined
  /** Route or command, such as `PUT /password` or `users set-role`. */
  via: string
  /** Where the request came from: the result of `originOf` in `lib/http/headers.ts`. A command has none. */
  origin?: { sourceIp: string; userAgent: string }
  /** Id of the request in the gateway's log, or of the command. */
  requestId: string
  now: Date
  /** The conditions of every transaction with an event of this act. An administrator still must be one. */
  demands?: readonly Demand[]
}

/** The origin and the time of a request. */
export type Request = Pick<At, 'origin' | 'via' | 'requestId' | 'now'>

/** Returns the act of a user who has proved the account. */
export const byUser = (at: Request, actorId: string): Act => ({ ...at, actor: 'user', actorId })

/** Returns the act of a client, which has proved by a secret, a code or a token that it may act for the user. */
export const byClient = (at: Request, actorId: string): Act => ({ ...at, actor: 'client', actorId })

/** Returns the act of a user who administers another account, on condition of `demands`; see `requireOperator` in `lib/operators/caller.ts`. */
export const byAdministrator = (at: Request, actorId: string, demands: readonly Demand[]): Act => ({
  ...at,
  actor: 'administrator',
  actorId,
  demands,
})

/** Returns an act without its demands: for reads, which decide nothing, and for what follows from a change that had them. */
export const withoutDemands = ({ demands: _, ...act }: Act): Act => act

/** Returns the act of the service, if no user has requested it with this request. */
export const bySystem = (at: Request): Act => ({ ...at, actor: 'system' })

/** The content of an event. No member may have a secret, or a value that a person chose. */
export interface Happening<T extends EventType = EventType> {
  type: T
  /** Partition of the subject: {@link partitionOf} of a user, or another one. */
  subject: string
  /** Id of the session that began or ended, or that a grant belongs to. */
  session?: string | undefined
  /**
   * Id of the client of a grant or consent, which operators chose, or which is a URL of printable ASCII. Of a sign-in, the id of the
   * identity provider. Of an export, the system that it is for.
   */
  ref?: string | undefined
  /** Names of the attributes that changed. */
  changes?: readonly string[] | undefined
  /** A value of the closed list that the type has in `types.ts`. */
  detail?: DetailOf<T> | undefined
  /** Wrong passwords of this name from this source, before the correct one. */
  failures?: number | undefined
  /** Id of the sign-in that a correct password began. The event of its session has the same id. */
  loginId?: string | undefined
  /** Ids of the users whom a search showed; never an empty list. Only commands of operators read it. */
  seen?: readonly string[] | undefined
}

/** A change of an account. */
export type UserHappening = Pick<Happening<'user.updated'>, 'changes' | 'detail' | 'ref'>

/** Attributes of an event. */
export const EVENT = {
  id: text,
  /** ISO 8601 time. */
  at: text,
  type: text as Read<EventType>,
  actor: text as Read<Actor>,
  actorId: optionalText,
  via: text,
  sourceIp: optionalText,
  userAgent: optionalText,
  session: optionalText,
  ref: optionalText,
  changes: texts,
  detail: optionalText,
  failures: optionalNumber,
  loginId: optionalText,
  requestId: text,
} satisfies Attributes

/** A stored event. */
export interface AuditEvent extends ValuesOf<typeof EVENT> {
  /** Partition of the subject: `user#`, `client#`, `provider#` and an id, `mail#`, `api#` and a hash, or `service`. */
  subject: string
  /** Place in the order of events: the sort key without the class. */
  place: string
}

/** A sign-in is complete within this time of its password, or never. */
export const SIGN_IN_SECONDS = 1_800

const ID_BYTES = 16
const DAY_SECONDS = 86_400

/** Days that events of a class are kept. Those of sessions have sources and browsers. */
const KEPT_DAYS: Record<EventClass, number> = { session: 180, change: 365 }

export const EVENT_CLASSES = ['session', 'change'] as const satisfies EventClass[]

/** Partitions of the index that share the events of one day and class. One accepts 1,000 writes a second. */
export const SHARDS = 4

/** Returns the name of the table of events that belongs to a table. */
export const eventsTableOf = ({ name }: Pick<Table, 'name'>): string => `${name}-events`

/** Returns the partition of the events of an account. */
export const partitionOf = (userId: string): string => `user#${userId}`

/**
 * Returns the write of the event of a changed account; see {@link eventOf}.
 *
 * @param happening - `changes` is empty if the change only revokes.
 */
export const updateEventOf = (
  table: Table,
  act: Act,
  userId: string,
  happening: UserHappening,
): TransactWrite => eventOf(table, act, { type: 'user.updated', subject: partitionOf(userId), ...happening })

/** Partition of events that concern no account. */
export const SERVICE = 'service'

/** Returns a partition of the index `byDay`. */
export const dayOf = (date: string, kind: EventClass, shard: number): string => `${date}#${kind}#${shard}`

/**
 * Returns the write of an event, as the last one of the transaction that makes the change. Functions may
 * write events only in transactions, and may not change them. It needs no condition: its key has 128 random
 * bits, which no writer can read.
 */
export function eventOf<const T extends EventType>(
  table: Table,
  { actor, actorId, via, origin, requestId, now, demands }: Act,
  { subject: pk, changes, ...what }: Happening<T>,
): TransactWrite {
  const id = randomBytes(ID_BYTES).toString('base64url')
  const at = now.toISOString()
  const kind = /^(session|factor|grant)/.test(what.type) ? 'session' : 'change'
  const Item = attributesOf({
    pk,
    sk: `${kind}#${at}#${id}`,
    day: dayOf(at.slice(0, 10), kind, id.charCodeAt(0) % SHARDS),
    id,
    at,
    ...what,
    // A set must not be empty.
    changes: changes?.length ? changes : undefined,
    actor,
    actorId,
    via,
    sourceIp: origin?.sourceIp,
    userAgent: origin?.userAgent,
    requestId,
    expiresAt: secondOf(now) + KEPT_DAYS[kind] * DAY_SECONDS,
  })
  return { Put: { TableName: eventsTableOf(table), Item }, ...(demands && { demands }) }
}

/**
 * Returns the partition of the earlier users of a login name. It contains a hash of the name, which does not
 * protect the name from guessing.
 */
export const freedPartitionOf = (loginName: string): string => `name#${hash('sha256', loginName)}`

/**
 * Returns the write that records the earlier user of a login name, as a part of the transaction that frees
 * the name.
 */
export const freedNameOf = (
  table: Table,
  { now }: Act,
  userId: string,
  loginName: string,
): TransactWrite => ({
  Put: {
    TableName: eventsTableOf(table),
    Item: attributesOf({
      pk: freedPartitionOf(loginName),
      sk: `${now.toISOString()}#${userId}`,
      expiresAt: secondOf(now) + KEPT_DAYS.change * DAY_SECONDS,
    }),
  },
})
