import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { ACCOUNT, RestError, restServer, unknownOperation } from '../rest-json.ts'

/**
 * An event as EventBridge sends it to a function.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export interface BusEvent {
  version: '0'
  id: string
  'detail-type': string
  source: string
  account: string
  /** ISO 8601 time, in whole seconds. */
  time: string
  region: string
  resources: readonly string[]
  detail: object
}

/** What the local EventBridge needs. */
export interface EventBridgeSettings {
  region: string
  /** Name of the only bus. */
  bus: string
  /** Called for each event on the bus. */
  onEvent(event: BusEvent): void
}

const MAX_ENTRIES = 10

/**
 * Creates an EventBridge with one bus and the operation `PutEvents`, over the real protocol.
 *
 * @returns A server that does not listen yet.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function createEventBridge(settings: EventBridgeSettings): Server {
  return restServer('events', settings.region, ({ headers, body }) => {
    if (headers['x-amz-target'] !== 'AWSEvents.PutEvents') throw unknownOperation()
    const Entries = readEntries(body).map((entry) => put(entry, settings))
    const FailedEntryCount = Entries.filter((one) => 'ErrorCode' in one).length
    return { status: 200, body: { FailedEntryCount, Entries } }
  })
}

function readEntries(body: string): Record<string, unknown>[] {
  const { Entries } = Object(jsonOf(body))
  if (Array.isArray(Entries) && Entries.length > 0 && Entries.length <= MAX_ENTRIES)
    return Entries.map(Object)
  const message = `Value at 'entries' failed to satisfy constraint: Member must have length from 1 to ${MAX_ENTRIES}`
  throw new RestError('ValidationException', 400, message)
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

function put(entry: Record<string, unknown>, { region, bus, onEvent }: EventBridgeSettings) {
  const { EventBusName, Source, DetailType, Detail, Time, Resources = [] } = entry
  const missing = ['Source', 'DetailType', 'Detail'].find((name) => typeof entry[name] !== 'string')
  if (missing) return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${missing} is not valid.` }
  if (EventBusName !== bus) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${EventBusName} does not exist.` }
  }
  const detail = jsonOf(Detail)
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  }
  const id = randomUUID()
  const at = Time === undefined ? new Date() : new Date(Number(Time) * 1_000)
  onEvent({
    version: '0',
    id,
    'detail-type': String(DetailType),
    source: String(Source),
    account: ACCOUNT,
    time: at.toISOString().replace(/\.\d+/, ''),
    region,
    resources: Resources as string[],
    detail,
  })
  return { EventId: id }
}
