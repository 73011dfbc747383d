import { readConfig } from '../config.ts'

/** The services that functions call: prefix of their operation names, and version of the JSON protocol. */
export const SERVICES = {
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  kms: { target: 'TrentService', contentType: 'application/x-amz-json-1.1' },
} as const

export type Service = keyof typeof SERVICES

/** Region, credentials and endpoints of an AWS account. */
export interface AwsSettings {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
  /** Endpoints that replace a service's public one. */
  endpoints: { [S in Service]?: URL | undefined }
}

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
