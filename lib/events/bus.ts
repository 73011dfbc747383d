import { connectionTo } from '../aws/connection.ts'
import { failure, readOutput } from '../aws/failure.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { requestSigner } from '../aws/sign.ts'

const SERVICE = 'events'
const PROTOCOL = { host: SERVICE, contentType: 'application/x-amz-json-1.1', target: 'AWSEvents' }

/** Time for one attempt. A stream sends its records again, so there is one attempt. */
const ATTEMPT_MS = 3_000

/**
 * Calls one operation of EventBridge once and returns its output.
 *
 * @param deadlineMs - Epoch milliseconds by which the attempt must end.
 * @throws Failure of the attempt.
 */
export type EventBridgeCall = (
  operation: string,
  input: object,
  deadlineMs?: number,
) => Promise<Record<string, unknown>>

/**
 * Creates a caller of EventBridge. It is no service of `awsClient`, so that only the bundles that put events contain it.
 *
 * @param endpoint - Replaces the public one.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBridge(
  settings: AwsSettings,
  endpoint = new URL(`https://${SERVICE}.${settings.region}.amazonaws.com`),
): EventBridgeCall {
  const sign = requestSigner(settings, SERVICE, endpoint.host, PROTOCOL)
  const send = connectionTo(endpoint)
  return async (operation, input, deadlineMs = Number.POSITIVE_INFINITY) => {
    const now = new Date()
    const timeoutMs = Math.min(ATTEMPT_MS, deadlineMs - now.getTime())
    if (timeoutMs <= 0) throw failure('DeadlineExceeded', 'no time left for the call')
    const body = JSON.stringify(input)
    return readOutput(await send('/', sign(operation, body, now), body, timeoutMs))
  }
}
