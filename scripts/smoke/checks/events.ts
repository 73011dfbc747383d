import { eventsTableOf } from '../../../lib/events/event.ts'
import { Difference } from '../visit/responses.ts'
import { found, type Visit } from '../visit/visit.ts'

/** Checks of a stage with an event bus. */
export const EVENT_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  // A table that was restored or replaced has another stream, or none, and then no event leaves.
  'stream of the events': async ({ table, stream }) => {
    const expected = found(stream, 'an event bus')
    const { Table } = await table.aws('dynamodb', 'DescribeTable', { TableName: eventsTableOf(table) })
    const { LatestStreamArn, StreamSpecification } = Object(Table)
    const isOn = Object(StreamSpecification).StreamEnabled === true
    if (isOn && LatestStreamArn === expected) return
    throw new Difference(
      `expected the stream ${expected}, which publish-event reads, got ${isOn ? LatestStreamArn : 'none'}. No event leaves: deploy with eventBus=off, and then with its value`,
    )
  },
}
