import { setTimeout as sleep } from 'node:timers/promises'
import { START } from '../../project/commands.ts'
import type { Insertion } from '../dynamodb/transactions.ts'
import type { Invocation } from '../lambda/lambda-socket.ts'
import { ACCOUNT } from '../rest-json.ts'

/** What a stream needs. */
export interface StreamSettings {
  region: string
  /** Name of the table of events. */
  table: string
  /** Pause before records are sent again. */
  pauseMs: number
  /** Runs the function that reads the stream once. */
  invoke(event: object): Promise<Invocation>
}

type StreamRecord = ReturnType<typeof recordOf>

/** The most records of one invocation. */
const BATCH_SIZE = 100

/**
 * Creates the stream of the table of events, with the function that reads it. Records wait until the function has taken those before
 * them, as in one shard. A record that the function reports, or whose batch failed, is sent again, without limit.
 *
 * The items that the local service adds at its start have no records: no user or operator caused them.
 *
 * @returns A function that takes the new items of a transaction.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function createStream(settings: StreamSettings): (insertions: readonly Insertion[]) => void {
  let waiting: StreamRecord[] = []
  let isRunning = false
  let sequence = 1
  const run = async () => {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_SIZE)
      const left = leftOf(batch, await settings.invoke({ Records: batch }).catch(() => undefined))
      waiting = [...left, ...waiting.slice(batch.length)]
      if (left.length > 0) await sleep(settings.pauseMs, undefined, { ref: false })
    }
    isRunning = false
  }
  return (insertions) => {
    const events = insertions.filter((one) => one.table === settings.table && isEvent(one))
    waiting.push(...events.map((one, index) => recordOf(one, sequence + index, settings.region)))
    sequence += events.length
    if (!isRunning) void run()
  }
}

/** As the filter of the function's stream in `functions/events/functions.yml`. Items of freed names have no type. */
const isEvent = ({ item: { type, via } }: Insertion): boolean => type !== undefined && Object(via).S !== START

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
const recordOf = ({ table, item }: Insertion, sequence: number, region: string) => ({
  eventID: String(sequence),
  eventName: 'INSERT',
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: region,
  dynamodb: {
    ApproximateCreationDateTime: Math.floor(Date.now() / 1_000),
    Keys: { pk: item.pk, sk: item.sk },
    NewImage: item,
    SequenceNumber: String(sequence),
    SizeBytes: JSON.stringify(item).length,
    StreamViewType: 'NEW_IMAGE',
  },
  eventSourceARN: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}/stream/local`,
})

/** Returns the records that are sent again: those from the first one that the function reports. */
function leftOf(batch: readonly StreamRecord[], invocation: Invocation | undefined): StreamRecord[] {
  if (!invocation?.isReturned) return [...batch]
  const { batchItemFailures = [] } = Object(JSON.parse(invocation.payload))
  const failed = new Set(batchItemFailures.map((one: { itemIdentifier: string }) => one.itemIdentifier))
  const first = batch.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber))
  return first < 0 ? [] : batch.slice(first)
}
