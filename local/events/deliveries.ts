import { randomUUID } from 'node:crypto'
import { invokeUntilReturned, type NotedInvoke } from '../lambda/lambda.ts'
import type { Invocation } from '../lambda/lambda-socket.ts'
import { linesOf, type Notes } from '../request-log.ts'
import type { BusEvent } from './event-bridge.ts'
import { matches, type Pattern } from './pattern.ts'

/** A function that events invoke. */
export interface Subscriber {
  /** In `serverless.yml`. */
  key: string
  /** Deployed name. */
  functionName: string
  pattern: Pattern
}

/** What deliveries need. */
export interface DeliverySettings {
  subscribers: readonly Subscriber[]
  /** Pauses between the attempts. Lambda waits 60 and 120 seconds. */
  pausesMs: readonly number[]
  invoke: NotedInvoke
  /** Prints the lines of one delivery. */
  print(lines: string): void
}

/** EventBridge may deliver an event twice, so a function must stand it. Here it happens to each tenth event. */
const TWICE_EVERY = 10

/**
 * Returns a function that delivers an event to each function whose rule matches it. A function that fails is invoked again, twice at
 * most. Each delivery ends with one line.
 */
export function createDeliveries(settings: DeliverySettings): (event: BusEvent) => void {
  let delivered = 0
  return (event) => {
    const found = settings.subscribers.filter(({ pattern }) => matches(pattern, event))
    if (found.length === 0) return
    delivered += 1
    const marks = delivered % TWICE_EVERY === 0 ? [[], ['(again)']] : [[]]
    for (const mark of marks) for (const one of found) void deliver(settings, one, event, mark)
  }
}

async function deliver(
  { pausesMs, invoke, print }: DeliverySettings,
  { key, functionName }: Subscriber,
  event: BusEvent,
  mark: readonly string[],
): Promise<void> {
  const awsRequestId = randomUUID()
  let notes: Notes = []
  let startMs = 0
  const attempt = (): Promise<Invocation> => {
    notes = []
    startMs = Date.now()
    return invoke(functionName, event, { awsRequestId, notes })
  }
  const { attempts, last } = await invokeUntilReturned(pausesMs, attempt)
  const what = `${event['detail-type']} → ${key}`
  if (last.isReturned) return print(linesOf([what, `${Date.now() - startMs} ms`, ...mark], notes))
  print(linesOf([what, ...mark, `failed ${attempts} times:`], notes.length > 0 ? notes : [last.payload]))
}
