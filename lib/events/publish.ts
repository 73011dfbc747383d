import { type Item, optionalText } from '../aws/dynamodb.ts'
import type { Failure } from '../aws/failure.ts'
import { ServiceError } from '../errors.ts'
import { logEvent, logFailure } from '../log.ts'
import type { EventBridgeCall } from './bus.ts'
import type { AuditEvent } from './event.ts'
import { eventIn } from './store.ts'

/** A record of a stream of DynamoDB: the members that are read. */
export interface StreamRecord {
  eventName?: string
  dynamodb?: {
    SequenceNumber?: string
    /** Epoch seconds at which the item was written. */
    ApproximateCreationDateTime?: number
    NewImage?: Item
  }
}

/** Where events go, and which. */
export interface Bus {
  name: string
  /** Issuer of the service. */
  source: string
  /** Types that leave the service: one of the lists of {@link OUTGOING}. */
  types: readonly string[]
}

/** An entry of `PutEvents`. */
interface Entry {
  EventBusName: string
  Source: string
  DetailType: string
  /** Epoch seconds. */
  Time: number
  /** A {@link CloudEvent} in JSON. */
  Detail: string
}

/** What the bus says of one entry. */
interface Outcome {
  EventId?: unknown
  ErrorCode?: unknown
}

/** An entry that a later attempt must put, or that is on the bus, or that the bus will never take. */
type State = 'left' | 'put' | 'refused'

/**
 * An event as it leaves the service, in the JSON format of CloudEvents 1.0. It has ids and words of closed lists: no name, address,
 * source, browser, ticket or ARN.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent extends Pick<AuditEvent, 'id' | 'type'> {
  specversion: '1.0'
  /** Issuer of the service. */
  source: string
  /** Id of the user, client or API. */
  subject: string
  /** ISO 8601 time. */
  time: string
  datacontenttype: 'application/json'
  data: Pick<AuditEvent, 'actor' | 'actorId' | 'via' | 'detail' | 'ref' | 'session'> & {
    /** Names of the attributes that changed. */
    changes?: string[] | undefined
  }
}

/** The most entries of one `PutEvents`. */
export const ENTRIES_PER_CALL = 10

/** Codes of an entry that the bus will never take. It must not hold up all others. */
const NEVER_TAKEN: readonly unknown[] = ['MalformedDetail', 'InvalidArgument']

/** Error types of a request that EventBridge will never take, because of one of its entries. */
const INVALID_REQUEST: readonly string[] = ['ValidationException', 'ValidationError']

/**
 * The most between an event and its item. An event is written when it happens, and AWS refuses requests of clocks that are over 15
 * minutes wrong. So the item of an older event was copied back, and its event is on the bus since then.
 */
const COPIED_AFTER_MS = 3_600_000

/** Types whose `ref` is the id of a client. That of a sign-in names the provider of an identity. */
const OF_CLIENTS = /^(grant|consent)\./

/** Returns an event as it leaves the service. */
export function cloudEventOf(event: AuditEvent, source: string): CloudEvent {
  const { id, at: time, type, subject, actor, actorId, via, changes, detail, ref, session } = event
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject: subject.replace(/^[a-z-]+#/, ''),
    time,
    datacontenttype: 'application/json',
    data: {
      actor,
      // The ARN of an operator names the account and a person.
      actorId: actor === 'operator' ? undefined : actorId,
      via,
      changes: changes.length > 0 ? changes : undefined,
      detail,
      ref: OF_CLIENTS.test(type) ? ref : undefined,
      session,
    },
  }
}

/** Returns the entry of an event. */
export function entryOf(event: AuditEvent, { name, source }: Bus): Entry {
  const { time, type, ...rest } = cloudEventOf(event, source)
  return {
    EventBusName: name,
    Source: source,
    DetailType: type,
    Time: Date.parse(time) / 1_000,
    Detail: JSON.stringify({ ...rest, type, time }),
  }
}

/**
 * Puts the events of a batch on a bus, in their order. Items that are no events, and entries that the bus will never take, are logged and
 * left out.
 *
 * @param deadlineMs - Epoch milliseconds. No attempt ends after it.
 * @returns The sequence number of the first record that is not on the bus: Lambda sends it again, and all after it. `undefined` if all are.
 */
export async function publish(
  call: EventBridgeCall,
  bus: Bus,
  records: readonly StreamRecord[],
  deadlineMs?: number,
): Promise<string | undefined> {
  const leaving = records.filter((record) => isLeaving(record, bus))
  for (let start = 0; start < leaving.length; start += ENTRIES_PER_CALL) {
    const some = leaving.slice(start, start + ENTRIES_PER_CALL).flatMap((record) => readable(record))
    const states = await putEntries(
      call,
      some.map(({ event }) => entryOf(event, bus)),
      deadlineMs,
    )
    for (const [index, { sequence }] of some.entries()) {
      if (states[index] === 'left') return sequence
      if (states[index] === 'refused') logEvent('error', { event: 'event.unreadable', sequence })
    }
  }
  return undefined
}

/**
 * Puts at most ten entries on their bus, by one attempt. If EventBridge refuses the whole request, each entry is put by itself, so that one
 * entry does not hold up the others.
 *
 * @param report - Called with the reason why entries are left.
 * @returns The state of each entry.
 */
export async function putEntries(
  call: EventBridgeCall,
  entries: readonly Entry[],
  deadlineMs?: number,
  report: (reason: ServiceError) => void = logFailure,
): Promise<State[]> {
  if (entries.length === 0) return []
  try {
    const { Entries } = await call('PutEvents', { Entries: entries }, deadlineMs)
    const outcomes: Outcome[] = Array.isArray(Entries) ? Entries : []
    const states = entries.map((_, index) => stateOf(outcomes[index]))
    const code = outcomes[states.indexOf('left')]?.ErrorCode ?? 'no result'
    if (states.includes('left')) report(new ServiceError('unavailable', `PutEvents leaves entries: ${code}`))
    return states
  } catch (error) {
    if (!INVALID_REQUEST.includes((error as Failure).name)) {
      const reason = `PutEvents failed: ${(error as Failure).name}`
      report(new ServiceError('unavailable', reason, { cause: error }))
      return entries.map(() => 'left')
    }
  }
  if (entries.length === 1) return ['refused']
  const states: State[] = []
  for (const entry of entries) states.push(...(await putEntries(call, [entry], deadlineMs, report)))
  return states
}

function stateOf({ EventId, ErrorCode }: Outcome = {}): State {
  if (EventId) return 'put'
  return NEVER_TAKEN.includes(ErrorCode) ? 'refused' : 'left'
}

/**
 * Whether a record is a new item that may leave. The items of freed names are no events. An item without a type is: it cannot be read, so it
 * is logged.
 */
function isLeaving({ eventName, dynamodb: { NewImage: item } = {} }: StreamRecord, { types }: Bus): boolean {
  if (eventName !== 'INSERT' || item === undefined) return false
  if (optionalText(item, 'pk')?.startsWith('name#')) return false
  const type = optionalText(item, 'type')
  return type === undefined || types.includes(type)
}

/** Returns the event of a record, if there is one. */
function readable({ dynamodb = {} }: StreamRecord): { event: AuditEvent; sequence: string | undefined }[] {
  const { SequenceNumber: sequence, ApproximateCreationDateTime: writtenAt, NewImage: item = {} } = dynamodb
  const event = validEvent(item)
  if (event === undefined) {
    logEvent('error', { event: 'event.unreadable', sequence })
    return []
  }
  if (writtenAt !== undefined && Math.abs(writtenAt * 1_000 - Date.parse(event.at)) > COPIED_AFTER_MS) {
    logEvent('info', { event: 'event.copied', sequence, id: event.id })
    return []
  }
  return [{ event, sequence }]
}

/** Returns the event of an item, or `undefined` if an attribute is missing or invalid. */
function validEvent(item: Item): AuditEvent | undefined {
  try {
    const event = eventIn(item)
    return Number.isNaN(Date.parse(event.at)) ? undefined : event
  } catch {
    return undefined
  }
}
