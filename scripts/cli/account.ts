import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Endpoints, readEndpoints } from '../../lib/aws/operator.ts'
import type { Environment } from './io.ts'
import { Refusal } from './refusal.ts'

/** Options that select an AWS account, and a service in it. */
export interface AccountOptions {
  region?: string
  profile?: string
  service?: string
  stack?: string
  namePrefix?: string
}

/** Options that select a stage. */
export interface StageOptions extends AccountOptions {
  stage: string
}

/**
 * Finds region and credentials for a stage on AWS.
 *
 * @param env - Environment. Region and credentials come from the variables that the AWS SDKs read.
 * @throws {@link Refusal} `usage`, if the name of the stage is invalid, or profile, region or credentials are missing.
 */
export async function openAccount(stage: string, options: AccountOptions, env: Environment) {
  if (!/^[a-z0-9-]{1,128}$/.test(stage)) {
    throw new Refusal('usage', 'The name of a stage has only a-z, 0-9 and hyphens.')
  }
  const profile = options.profile ?? env.AWS_PROFILE
  if (profile !== undefined) requireProfile(profile, env)
  const region = options.region ?? env.AWS_REGION ?? profileRegion(profile ?? 'default', env)
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new Refusal('usage', 'Missing AWS region. Use --region, AWS_REGION, or region in the AWS profile.')
  }
  return { region, credentials: await findCredentials(options, env) }
}

/** Reads the endpoints that replace those of AWS. See {@link readEndpoints}. */
export function endpointsOf(env: Environment): Endpoints {
  try {
    return readEndpoints(env)
  } catch (error) {
    throw new Refusal('usage', (error as Error).message)
  }
}

async function findCredentials({ profile }: AccountOptions, env: Environment) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  // The chain comes to the same result, but takes half a second to load.
  if (accessKeyId && secretAccessKey && profile === undefined && env.AWS_PROFILE === undefined) {
    const { AWS_SESSION_TOKEN: sessionToken } = env
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  }
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  try {
    return await fromNodeProviderChain(profile === undefined ? {} : { profile })()
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').replace(/\.$/, '')
    throw new Refusal('usage', `No AWS credentials: ${reason}.`)
  }
}

/** Names of AWS's shared files (https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html). */
const sharedFiles = (env: Environment) => ({
  config: env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config'),
  credentials: env.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials'),
})

/** The credential chain reports a missing profile like missing credentials. */
function requireProfile(profile: string, env: Environment): void {
  const files = sharedFiles(env)
  const lines = Object.values(files).flatMap((file) => readIfPresent(file).split(/\r?\n/))
  if (lines.some((line) => sectionOf(line) === profile)) return
  throw new Refusal(
    'usage',
    `AWS profile ${profile} does not exist in ${files.config} or ${files.credentials}.`,
  )
}

/** Returns the profile that begins with a line of a shared file. */
const sectionOf = (line: string) => /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(line)?.[1]

/** Reads the region of a profile in AWS's shared configuration file. The credential chain does not expose it. */
function profileRegion(profile: string, env: Environment): string | undefined {
  const file = sharedFiles(env).config
  let section: string | undefined
  for (const line of readIfPresent(file).split(/\r?\n/)) {
    section = sectionOf(line) ?? section
    const region = /^region\s*=\s*(\S+)/.exec(line)?.[1]
    if (section === profile && region !== undefined) return region
  }
  return undefined
}

function readIfPresent(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
