import type { Context, DynamoDBBatchResponse } from 'aws-lambda'
import { awsSettings } from '../../lib/aws/settings.ts'
import { readConfig, readEventBus } from '../../lib/config.ts'
import { type EventBridgeCall, eventBridge } from '../../lib/events/bus.ts'
import { OUTGOING } from '../../lib/events/outgoing.ts'
import { publish, type StreamRecord } from '../../lib/events/publish.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logFailure } from '../../lib/log.ts'

let call: EventBridgeCall | undefined

/**
 * Puts the events of a batch of the stream on the bus, each at least once. Lambda sends the first one that is not there again, and all
 * after it (https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
 */
export async function handler(
  { Records }: { Records: StreamRecord[] },
  context: Context,
): Promise<DynamoDBBatchResponse> {
  try {
    const { TOKEN_ISSUER: source } = readConfig(['TOKEN_ISSUER'])
    const { name, types, endpoint } = readEventBus()
    call ??= eventBridge(awsSettings(), endpoint)
    const bus = { name, source, types: OUTGOING[types === 'all' ? 'all' : 'changes'] }
    const failed = await publish(call, bus, Records, deadlineOf(context))
    return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] }
  } catch (error) {
    logFailure(error)
    throw error
  }
}
