import { extname } from 'node:path'
import type { LocalAws } from '../../local/aws.ts'
import { IS_PACKAGE } from '../../project/origin.ts'
import type { FunctionDefinition, Serverless } from '../framework.d.ts'
import { ownershipOf, serviceFunctions } from './ownership.ts'

/** By which an AWS SDK finds credentials or an endpoint. They are overridden even if they are set later, as by another plugin. */
const DEVELOPER = [
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_ENDPOINT_URL',
]

/** What serverless-offline and the framework set for each function. */
const OF_RUNTIME = /^AWS_(LAMBDA_|(DEFAULT_)?REGION$)/

/**
 * Points the functions of the service at the local AWS, and away from the developer's own account. Each function gets its own
 * environment: `provider` has none afterwards.
 */
export function pointFunctionsAt(serverless: Serverless, settings: LocalAws['settings']): void {
  separateEnvironments(serverless)
  setVariables(serverless, localVariables(settings, process.env))
  const { functions, provider } = serverless.service
  for (const definition of Object.values(functions)) mapThread(definition, provider.runtime)
}

/** Points the one function of `sls invoke local` at the local AWS. It runs in this process, which loses its own variables of AWS. */
export function pointInvokedAt(serverless: Serverless, settings: LocalAws['settings'], key: string): void {
  const variables = localVariables(settings, process.env)
  separateEnvironments(serverless)
  setVariables(serverless, variables)
  if (!ownershipOf(serverless).functions.has(key)) return
  // The framework adds the developer's credentials to the environment of this process.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, variables)
}

function setVariables(serverless: Serverless, variables: Record<string, string>): void {
  for (const definition of Object.values(serviceFunctions(serverless))) {
    definition.environment = { ...definition.environment, ...variables, ...testHosts(process.env) }
  }
}

/**
 * Gives what `provider.environment` says to the project's functions, in the local run. serverless-offline and `sls invoke local` add it to
 * every function.
 */
function separateEnvironments(serverless: Serverless): void {
  const { provider, functions } = serverless.service
  const { functions: ofService } = ownershipOf(serverless)
  for (const [key, definition] of Object.entries(functions)) {
    if (ofService.has(key)) continue
    definition.environment = { ...provider.environment, ...definition.environment } as Record<string, string>
  }
  delete provider.environment
}

/**
 * Returns the variables by which a function reaches only the local AWS. All others of AWS that a process has
 * are empty, because serverless-offline copies them to each function.
 */
function localVariables(
  { region, credentials, endpoints }: LocalAws['settings'],
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const ofAws = Object.keys(env).filter((name) => name.startsWith('AWS_') && !OF_RUNTIME.test(name))
  return {
    ...Object.fromEntries([...DEVELOPER, ...ofAws].map((name) => [name, ''])),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb.href,
    AWS_ENDPOINT_URL_KMS: endpoints.kms.href,
    AWS_ENDPOINT_URL_SESV2: endpoints.ses.href,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda.href,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.dynamodb.href,
  }
}

/** Returns what `local/test-hosts.ts` reads. The npm package does not have it. */
const testHosts = ({
  TEST_HOSTS_PORT = '',
  TEST_HOSTS_CA = '',
}: NodeJS.ProcessEnv): Record<string, string> => (IS_PACKAGE ? {} : { TEST_HOSTS_PORT, TEST_HOSTS_CA })

const THREAD = new URL(`../../local/lambda/function-thread${extname(import.meta.url)}`, import.meta.url).href

/**
 * Makes the thread of a function report to the log of requests, which the threads of all functions do. A thread gets its options from the
 * environment of the function only.
 */
function mapThread(definition: FunctionDefinition, runtime = 'nodejs'): void {
  if (!(definition.runtime ?? runtime).startsWith('nodejs')) return
  const { NODE_OPTIONS = '' } = definition.environment ?? {}
  const options = `${NODE_OPTIONS} --enable-source-maps --import=${THREAD}`.trim()
  definition.environment = { ...definition.environment, NODE_OPTIONS: options }
}
