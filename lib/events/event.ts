import { hash, randomBytes } from 'node:crypto'
import {
  attributesOf,
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

/** First words of types. A list below takes those of its class alone, so {@link eventOf} needs no list, which each bundle would have. */
type SessionType = `${'session' | 'factor' | 'grant'}.${string}`
type ChangeType = `${'consent' | 'user' | 'users' | 'invitation' | 'client' | 'api'}.${string}`

/** Sign-ins, sessions and grants. Their events have sources and browsers, so they are kept for a shorter time. */
const SESSION_TYPES = [
  'session.created',
  'session.renewed',
  'session.ended',
  'session.reused',
  'factor.required',
  'grant.created',
  'grant.ended',
] as const satisfies SessionType[]

/** Changes of an account that its user sees. */
const ACCOUNT_TYPES = [
  'consent.given',
  'consent.revoked',
  'user.created',
  'user.updated',
] as const satisfies ChangeType[]

/** What operators do, and the end of an account. No user sees these. */
const OPERATOR_TYPES = [
  'user.deleted',
  'invitation.created',
  'users.exported',
] as const satisfies ChangeType[]

/** What may happen to clients and APIs. No user sees these. */
export const CLIENT_EVENT_TYPES = [
  'client.created',
  'client.updated',
  'client.deleted',
  'api.created',
  'api.updated',
  'api.deleted',
] as const satisfies ChangeType[]

/** Returns what may happen to an account, and what operators do beside it. As a function, so that a bundle leaves it out. */
export const accountEventTypes = () => [...SESSION_TYPES, ...ACCOUNT_TYPES, ...OPERATOR_TYPES]

/** A type of events that their user sees. It needs words on the page /account. */
export type OwnEventType = (typeof SESSION_TYPES | typeof ACCOUNT_TYPES)[number]

/** A type of events. The list that it stands in decides how long they are kept. It needs words for operators. */
export type EventType = ReturnType<typeof accountEventTypes>[number] | (typeof CLIENT_EVENT_TYPES)[number]

/** Who acts: the user with this id, an operator with this ARN, the client with this id, or the service by itself. */
export type Actor = 'user' | 'operator' | 'client' | 'system'

/**
 * Who acts, and from where: what the events of one request, or of one command, have in common. Every store function that changes
 * an account demands it, so a change without an event does not compile.
 */
export interface Act {
  actor: Actor
  /** Id of a user or of a client, or ARN of an operator; `undefined` of the service. */
  actorId?: string | undefined
  /** Route or command, such as `PUT /password` or `users set-role`. */
  via: string
  /** Where the request came from, as `originOf` in `lib/http/headers.ts` returns it. A command has none. */
  origin?: { sourceIp: string; userAgent: string }
  /** Id of the request in the gateway's log, or of the command. */
  requestId: string
  now: Date
}

/** Who asks with a request, from where, and when. */
export type Request = Pick<At, 'origin' | 'via' | 'requestId' | 'now'>

/** Returns the act of a user who has proved who it is. */
export const byUser = (at: Request, actorId: string): Act => ({ ...at, actor: 'user', actorId })

/** Returns the act of a client, which has proved by a secret, a code or a token that it may act for the user. */
export const byClient = (at: Request, actorId: string): Act => ({ ...at, actor: 'client', actorId })

/** Returns the act of the service, which no user asked for with this request. */
export const bySystem = (at: Request): Act => ({ ...at, actor: 'system' })

/** What happened. No member may have a value that a person chose, or a secret. */
export interface Happening {
  type: EventType
  /** Partition of what it concerns: {@link partitionOf} of a user, or another one. */
  subject: string
  /** Id of the session that began or ended, or that a grant belongs to. */
  session?: string | undefined
  /** Id of the client of a grant or consent: operators chose it, or it is a URL of printable ASCII. */
  ref?: string | undefined
  /** Names of the attributes that changed. */
  changes?: readonly string[] | undefined
  /** A value of a closed list: a role, `disabled`, `replaced`, the `amr` of a sign-in. */
  detail?: string | undefined
  /** Wrong passwords of this name from this source, before the correct one. */
  failures?: number | undefined
  /** Id of the sign-in that a correct password began: of that event, and of the session that the sign-in led to. */
  loginId?: string | undefined
}

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
  /** Partition of what it concerns: `user#`, `client#` and an id, `mail#`, `api#` and a hash, or `service`. */
  subject: string
  /** Place in the order of events: its sort key without the class. */
  place: string
}

/** A sign-in is complete within this time of its password, or never. */
export const SIGN_IN_SECONDS = 1_800

const ID_BYTES = 16
const DAY_SECONDS = 86_400

/** How many days events are kept. Those of sessions have sources and browsers. */
const KEPT_DAYS = { session: 180, change: 365 }

/** Sign-ins and sign-outs, or changes of an account. */
export type EventClass = keyof typeof KEPT_DAYS

export const EVENT_CLASSES = ['session', 'change'] as const satisfies EventClass[]

/** How many partitions of the index share the events of one day and class. One takes 1,000 writes a second. */
export const SHARDS = 4

/** Returns the name of the table of events that belongs to a table. */
export const eventsTableOf = ({ name }: Pick<Table, 'name'>): string => `${name}-events`

/** Returns the partition of the events of an account. */
export const partitionOf = (userId: string): string => `user#${userId}`

/**
 * Returns the write of the event of a changed account; see {@link eventOf}.
 *
 * @param changed - Names of the attributes that changed. None, if the change only revokes.
 * @param detail - One word of a closed list.
 */
export const updateEventOf = (
  table: Table,
  act: Act,
  userId: string,
  { changes, detail }: Pick<Happening, 'changes' | 'detail'>,
): TransactWrite =>
  eventOf(table, act, { type: 'user.updated', subject: partitionOf(userId), changes, detail })

/** Partition of events that concern no account. */
export const SERVICE = 'service'

/** Returns a partition of the index `byDay`. */
export const dayOf = (date: string, kind: EventClass, shard: number): string => `${date}#${kind}#${shard}`

/**
 * Returns the write of an event, as the last one of the transaction that makes the change. Functions may write events in
 * transactions only, and may not change one. No condition guards it: its key has 128 random bits, which no writer can read.
 */
export function eventOf(
  table: Table,
  { actor, actorId, via, origin, requestId, now }: Act,
  { subject: pk, changes, ...what }: Happening,
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
  return { Put: { TableName: eventsTableOf(table), Item } }
}

/** Returns the partition of those who had a login name. It holds a hash of the name, which can be found by guessing. */
export const freedPartitionOf = (loginName: string): string => `name#${hash('sha256', loginName)}`

/** Returns the write that records who had a login name that becomes free, as a part of the transaction that frees it. */
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
