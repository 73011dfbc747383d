import { join } from 'node:path'
import { dataOf } from '../project/data.ts'
import { isObject } from '../project/merge.ts'
import type { Serverless } from './framework.d.ts'

/**
 * Returns why the service cannot be deployed to a region, or `undefined`. Its functions call AWS at names
 * that end in `amazonaws.com`, and its API is edge-optimised unless the project says otherwise. Both exist
 * only in the commercial partition of AWS.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
 */
export function faultOfRegion(region: string): string | undefined {
  const isOther = /^(cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-/.test(region)
  return isOther
    ? `The service cannot be deployed to ${region}: it works in the commercial partition of AWS only.`
    : undefined
}

/** What the framework takes where no region is written. */
const DEFAULT_REGION = 'us-east-1'

/** Returns the region of a project: that of `--region` or of its configuration. No developer chose the framework's default. */
export function regionOf(serverless: Serverless): string | undefined {
  const { configurationInput, configurationFilename, processedInput, serviceDir } = serverless
  const { region = configurationInput.provider.region } = processedInput.options
  const isDefault = region === DEFAULT_REGION && processedInput.options.region === undefined
  return isDefault && !hasRegion(join(serviceDir, configurationFilename)) ? undefined : region
}

/** Whether a configuration has a region, or may have one: a program, or a provider in another file. The framework adds its own. */
export function hasRegion(path: string): boolean {
  const data = dataOf(path)
  if (data === undefined) return true
  const { provider } = data
  return isObject(provider) ? provider.region !== undefined : String(provider).includes('${')
}
