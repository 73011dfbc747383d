import { readConfig } from '../config.ts'
import { type AwsCall, awsClient, withTimeout } from './client.ts'
import type { AwsSettings } from './settings.ts'

/** Time for one call of AWS by an operator's command, retries included. */
const CALL_TIMEOUT_MS = 10_000

/**
 * Time for one attempt. Operators have slower networks than functions, and import files of a million users.
 */
const ATTEMPT_TIMEOUT_MS = 3_000

/** Creates a caller of AWS for an operator's command. Each call has its own deadline. */
export const operatorClient = (settings: AwsSettings): AwsCall =>
  withTimeout(awsClient(settings, ATTEMPT_TIMEOUT_MS), CALL_TIMEOUT_MS)

/** Endpoints that replace those of AWS. `all` replaces each one that is not in this list. */
export type Endpoints = AwsSettings['endpoints'] & { all?: URL | undefined }

/**
 * Reads the endpoints that replace those of AWS. The variables are those of the AWS SDKs
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
 *
 * @throws Error that names the variable, if one has no URL.
 */
export function readEndpoints(env: Readonly<Record<string, string | undefined>>): Endpoints {
  const config = readConfig(
    ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_KMS', 'AWS_ENDPOINT_URL_LAMBDA'],
    env,
  )
  const all = config.AWS_ENDPOINT_URL
  return {
    all,
    dynamodb: config.AWS_ENDPOINT_URL_DYNAMODB ?? all,
    kms: config.AWS_ENDPOINT_URL_KMS ?? all,
    lambda: config.AWS_ENDPOINT_URL_LAMBDA ?? all,
  }
}
