import { AWS, readSettings } from '../config.ts'

/** The protocol of a service. */
export interface Protocol {
  /** First label of its endpoint. */
  host: string
  contentType: string
  /** Prefix of operation names. A service without it has a path for each operation instead. */
  target?: string
  /** Additional headers of every request. */
  headers?: readonly (readonly [string, string])[]
  /** Whether a request must not be sent twice. */
  isOnce?: boolean
  /**
   * Time for a response, if it is longer than that of others. After a timeout, the service cannot know what
   * AWS has done.
   */
  timeoutMs?: number
  /** The service whose endpoint and name in signatures it uses. */
  partOf?: 'lambda'
}

/** The services that functions call. */
export const SERVICES = {
  dynamodb: {
    host: 'dynamodb',
    contentType: 'application/x-amz-json-1.0',
    target: 'DynamoDB_20120810',
  },
  kms: { host: 'kms', contentType: 'application/x-amz-json-1.1', target: 'TrentService' },
  // Asynchronous invocations.
  lambda: {
    host: 'lambda',
    contentType: 'application/json',
    headers: [['x-amz-invocation-type', 'Event']],
  },
  // Invocations that return the function's result. The function may take 3 seconds, in addition to its start.
  invocation: {
    host: 'lambda',
    contentType: 'application/json',
    isOnce: true,
    timeoutMs: 4_500,
    partOf: 'lambda',
  },
  // SES API v2. A mail that is sent twice arrives twice.
  ses: { host: 'email', contentType: 'application/json', isOnce: true, timeoutMs: 3_000 },
} as const satisfies Record<string, Protocol>

export type Service = keyof typeof SERVICES

/** Returns the protocol of a service. */
export const protocolOf = (service: Service): Protocol => SERVICES[service]

/** Region, credentials and endpoints of an AWS account. */
export interface AwsSettings {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
  /** Endpoints that replace the public ones of services. */
  endpoints: { [S in Service]?: URL | undefined }
}

/**
 * Reads the variables that Lambda sets, and the endpoint overrides that the AWS SDKs define.
 *
 * @throws Error that names every missing or invalid variable.
 */
export function awsSettings(): AwsSettings {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL: all,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb = all,
    AWS_ENDPOINT_URL_KMS: kms = all,
    AWS_ENDPOINT_URL_LAMBDA: lambda = all,
    AWS_ENDPOINT_URL_SESV2: ses = all,
  } = readSettings(AWS)
  return {
    region,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    endpoints: { dynamodb, kms, lambda, ses },
  }
}
