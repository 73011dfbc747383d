import { type AwsCall, awsClient, withTimeout } from '../../../lib/aws/client.ts'
import type { AwsSettings } from '../../../lib/aws/settings.ts'

/** A busy machine answers late. An attempt that ends before would be sent again, and a write could count twice. */
const PATIENCE_MS = 60_000

/** Returns a caller of AWS on this machine. One attempt has all of the time. */
export const patientCaller = (settings: AwsSettings): AwsCall =>
  withTimeout(awsClient(settings, PATIENCE_MS), PATIENCE_MS)
