import * as http from 'node:http'
import * as https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import aws4 from 'aws4'
import { readConfig } from '../config.ts'
import { ServiceError } from '../errors.ts'

/** The services that functions call: prefix of their operation names, and version of the JSON protocol. */
const SERVICES = {
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  kms: { target: 'TrentService', contentType: 'application/x-amz-json-1.1' },
} as const

type Service = keyof typeof SERVICES

/**
 * Calls one AWS operation and returns its output.
 *
 * @throws {@link ServiceError} `unavailable`. The `name` of its `cause` is AWS's error type, or
 *   node's error code.
 */
export type AwsCall = (service: Service, operation: string, input: object) => Promise<Record<string, unknown>>

/** A client of AWS; see {@link awsClient}. */
export interface AwsClient {
  /**
   * Returns the caller for one request.
   *
   * @param deadlineMs - Epoch milliseconds. No attempt starts that could end later.
   */
  within(deadlineMs: number): AwsCall
}

/** Region, credentials and endpoints of an AWS account. */
export interface AwsSettings {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
  /** Endpoints that replace a service's public one. */
  endpoints: { [S in Service]?: URL | undefined }
}

const ATTEMPT_TIMEOUT_MS = 1_000
const MAX_ATTEMPTS = 3
const BACKOFF_BASE_MS = 50

/** AWS error types, and codes of cancellation reasons, after which a retry may succeed. The first six are the AWS SDKs' list. */
const TRANSIENT = new Set([
  'ThrottlingException',
  'ThrottledException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'LimitExceededException',
  'TransactionConflictException',
  'TransactionInProgressException',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/**
 * Reads the variables that Lambda sets, and the endpoint overrides that the AWS SDKs define.
 *
 * @throws Error that names every missing or invalid variable.
 */
export function awsSettings(): AwsSettings {
  const config = readConfig([
    'AWS_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_DYNAMODB',
    'AWS_ENDPOINT_URL_KMS',
  ])
  return {
    region: config.AWS_REGION,
    credentials: {
      accessKeyId: config.AWS_ACCESS_KEY_ID,
      secretAccessKey: config.AWS_SECRET_ACCESS_KEY,
      sessionToken: config.AWS_SESSION_TOKEN,
    },
    endpoints: {
      dynamodb: config.AWS_ENDPOINT_URL_DYNAMODB ?? config.AWS_ENDPOINT_URL,
      kms: config.AWS_ENDPOINT_URL_KMS ?? config.AWS_ENDPOINT_URL,
    },
  }
}

/**
 * Creates a client of AWS's JSON protocols. It signs with Signature Version 4 and keeps connections alive.
 *
 * Retries throttling, conflicts of transactions, 5xx, unreadable responses and broken or slow connections at most twice, each
 * after a pause with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export const awsClient = (settings: AwsSettings): AwsClient => ({
  within: (deadlineMs) => async (service, operation, input) => {
    const body = JSON.stringify(input)
    for (let attempt = 1; ; attempt += 1) {
      try {
        const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, deadlineMs - Date.now())
        if (timeoutMs <= 0) throw failure('DeadlineExceeded', 'no time left for the call')
        return readOutput(await send(settings, service, operation, body, timeoutMs))
      } catch (error) {
        const pauseMs = Math.random() * BACKOFF_BASE_MS * 2 ** attempt
        if (attempt === MAX_ATTEMPTS || !isRetryable(error) || Date.now() + pauseMs >= deadlineMs) {
          throw new ServiceError('unavailable', `${service} ${operation} failed`, { cause: error })
        }
        await sleep(pauseMs)
      }
    }
  },
})

let ownClient: AwsClient | undefined

/**
 * Returns the AWS caller of one request, from the client that all requests of this function share.
 *
 * @param deadlineMs - Epoch milliseconds; a handler passes on the one it gets.
 * @throws Error that names every missing or invalid variable of {@link awsSettings}.
 * @example
 * const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
 */
export function within(deadlineMs: number): AwsCall {
  ownClient ??= awsClient(awsSettings())
  return ownClient.within(deadlineMs)
}

/**
 * Returns a caller that gives each call its own deadline, for programs that run longer than a request.
 *
 * @param timeoutMs - Time for each call, retries included.
 */
export const withTimeout =
  (client: AwsClient, timeoutMs: number): AwsCall =>
  (...call) =>
    client.within(Date.now() + timeoutMs)(...call)

/** Returns the AWS error type of a failed call, or node's error code, if it has one. */
export const awsErrorType = (error: unknown): string | undefined =>
  error instanceof ServiceError && error.cause instanceof Error ? error.cause.name : undefined

/** Returns the code of each cancellation reason of a failed DynamoDB transaction, in the order of its writes. */
export const cancellationCodes = (error: unknown): readonly string[] =>
  (error instanceof ServiceError && (error.cause as Failure | undefined)?.reasons) || []

interface HttpResponse {
  status: number
  body: string
}

function send(
  settings: AwsSettings,
  service: Service,
  operation: string,
  body: string,
  timeoutMs: number,
): Promise<HttpResponse> {
  const endpoint =
    settings.endpoints[service] ?? new URL(`https://${service}.${settings.region}.amazonaws.com`)
  const { target, contentType } = SERVICES[service]
  const signed = aws4.sign(
    {
      service,
      region: settings.region,
      method: 'POST',
      path: '/',
      host: endpoint.host,
      headers: { 'Content-Type': contentType, 'X-Amz-Target': `${target}.${operation}` },
      body,
    },
    settings.credentials as aws4.Credentials,
  )
  const secure = endpoint.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(
      {
        agent: secure ? httpsAgent : httpAgent,
        hostname: endpoint.hostname,
        port: endpoint.port,
        method: 'POST',
        path: '/',
        headers: signed.headers as http.OutgoingHttpHeaders,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          clearTimeout(timer)
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
        })
      },
    )
    const timer = setTimeout(() => request.destroy(failure('TimeoutError', 'no response in time')), timeoutMs)
    function fail(error: NodeJS.ErrnoException) {
      clearTimeout(timer)
      reject(error.code ? failure(error.code, error.message) : error)
    }
    request.on('error', fail)
    request.end(body)
  })
}

const httpAgent = new http.Agent({ keepAlive: true })
const httpsAgent = new https.Agent({ keepAlive: true })

function readOutput({ status, body }: HttpResponse): Record<string, unknown> {
  let output: unknown
  try {
    output = JSON.parse(body)
  } catch {
    output = undefined
  }
  if (!isObject(output)) throw failure('UnreadableResponse', 'the response is not a JSON object', status)
  if (status === 200) return output
  // Some services send the type with a namespace: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException".
  const type = String(output.__type ?? 'UnknownError').replace(/^.*#/, '')
  const reasons = (output.CancellationReasons as { Code: string }[] | undefined)?.map(({ Code }) => Code)
  throw Object.assign(
    failure(type, String(output.message ?? output.Message ?? ''), status),
    reasons && { reasons },
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Failure = Error & { status?: number; reasons?: readonly string[] | undefined }

const failure = (name: string, message: string, status?: number): Failure =>
  Object.assign(new Error(message), status === undefined ? { name } : { name, status })

/** Whether a retry may succeed: always, unless AWS read the request and rejected it. */
function isRetryable(error: unknown): boolean {
  const { name, status, reasons = [] } = error as Failure
  // A failed condition decides, even if another write of the transaction met a conflict.
  if (reasons.includes('ConditionalCheckFailed')) return false
  if (status === undefined || status === 200 || status === 429 || status >= 500) return true
  return [name, ...reasons].some((code) => TRANSIENT.has(code))
}
