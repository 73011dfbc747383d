import * as http from 'node:http'
import * as https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import aws4 from 'aws4'
import { readConfig } from '../config.ts'
import { ServiceError } from '../errors.ts'

/** How each service names its operations, and which JSON protocol it speaks. */
const SERVICES = {
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  kms: { target: 'TrentService', contentType: 'application/x-amz-json-1.1' },
} as const

type Service = keyof typeof SERVICES

/** One call of one AWS operation; see {@link awsClient}. */
export type AwsCall = (
  service: Service,
  operation: string,
  input: object,
  deadlineMs: number,
) => Promise<Record<string, unknown>>

export interface AwsSettings {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
  /** Where to call a service instead of its public endpoint. */
  endpoints: { [S in Service]?: URL | undefined }
}

const ATTEMPT_TIMEOUT_MS = 1_000
const MAX_ATTEMPTS = 3
const BACKOFF_BASE_MS = 50

/** AWS error types that say "slow down", as the SDKs list them. */
const THROTTLING = new Set([
  'ThrottlingException',
  'ThrottledException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'LimitExceededException',
])

/** The settings that Lambda provides, and the endpoint overrides that the AWS SDKs know too. */
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
 * Calls AWS's JSON protocols, signed with Signature Version 4, over kept-alive connections.
 *
 * Throttling, 5xx, unreadable answers and broken or slow connections are tried again, at most
 * twice, after a full-jitter pause (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * Nothing is started that could not end before the caller's deadline.
 *
 * @param settings - Region, credentials and endpoints.
 * @returns A function of service, operation, its input, and the deadline in epoch milliseconds. It
 *   answers with the operation's output, or throws {@link ServiceError} `unavailable` whose
 *   `cause.name` is AWS's error type (or node's error code).
 */
export function awsClient(settings: AwsSettings): AwsCall {
  return async (service, operation, input, deadlineMs) => {
    const body = JSON.stringify(input)
    for (let attempt = 1; ; attempt += 1) {
      try {
        const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, deadlineMs - Date.now())
        if (timeoutMs <= 0) throw failure('DeadlineExceeded', 'no time left for the call')
        const answer = await send(settings, service, operation, body, timeoutMs)
        return readAnswer(answer)
      } catch (error) {
        const pauseMs = Math.random() * BACKOFF_BASE_MS * 2 ** attempt
        if (attempt === MAX_ATTEMPTS || !isPassing(error) || Date.now() + pauseMs >= deadlineMs) {
          throw new ServiceError('unavailable', `${service} ${operation} failed`, { cause: error })
        }
        await sleep(pauseMs)
      }
    }
  }
}

/** Says which AWS error type, if any, a failed call ended with. */
export const awsErrorType = (error: unknown): string | undefined =>
  error instanceof ServiceError && error.cause instanceof Error ? error.cause.name : undefined

interface Answer {
  status: number
  body: string
}

function send(
  settings: AwsSettings,
  service: Service,
  operation: string,
  body: string,
  timeoutMs: number,
): Promise<Answer> {
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
    const timer = setTimeout(() => request.destroy(failure('TimeoutError', 'no answer in time')), timeoutMs)
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

function readAnswer({ status, body }: Answer): Record<string, unknown> {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    answer = undefined
  }
  if (!isObject(answer)) throw failure('UnreadableAnswer', 'the answer is not a JSON object', status)
  if (status === 200) return answer
  // The type may come with a namespace, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException".
  const type = String(answer.__type ?? 'UnknownError').replace(/^.*#/, '')
  throw failure(type, String(answer.message ?? answer.Message ?? ''), status)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Failure = Error & { status?: number }

const failure = (name: string, message: string, status?: number): Failure =>
  Object.assign(new Error(message), status === undefined ? { name } : { name, status })

/** Whether trying again may help: always, unless AWS read the request and refused it for good. */
function isPassing(error: unknown): boolean {
  const { name, status } = error as Failure
  return status === undefined || status === 200 || status === 429 || status >= 500 || THROTTLING.has(name)
}
