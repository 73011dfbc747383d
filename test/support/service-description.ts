import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import type { TokenParties } from '../../lib/tokens/access-token.ts'
import type { LocalAws, Resource } from '../../local/aws.ts'
import type { TokenSource } from '../../local/tokens.ts'

/** `serverless.yml`, all variables resolved, as far as tests look at it. */
export interface ServiceDescription {
  /** By stage; `default` is for all. */
  params: Record<string, Record<string, unknown>>
  provider: { region: string; stage: string; environment: { ALLOWED_ORIGINS: string } }
  custom: {
    tableName: string
    signingKey: string
    keyA: string
    keyB: string
    tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
  }
  functions: Record<
    string,
    {
      handler: string
      environment?: Record<string, string>
      events?: { http: { method: string; path: string; authorizer?: object } }[]
    }
  >
  resources: { Resources: Record<string, Resource> }
}

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Variables that tests need nothing of: they would point the service at somebody's own AWS account. */
export const cleanEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('AWS_') ? [] : [[name, value]],
    ),
  )

/**
 * Asks the framework itself what `serverless.yml` means; one time for each state of the files it reads.
 *
 * @param params - Deploy parameters, as after `--param`.
 */
export function describeService(params: Record<string, string> = {}): ServiceDescription {
  const resources = readdirSync(`${root}/resources`).map((name) => `resources/${name}`)
  const hash = createHash('sha256').update(JSON.stringify(params))
  for (const file of ['serverless.yml', 'package-lock.json', ...resources.sort()]) {
    hash.update(readFileSync(`${root}/${file}`))
  }
  const kept = `${root}/.results/serverless-${hash.digest('hex').slice(0, 16)}.json`
  if (!existsSync(kept)) {
    const sls = [`${root}/node_modules/.bin/sls`, 'print', '--format', 'json']
    for (const [name, value] of Object.entries(params)) sls.push('--param', `${name}=${value}`)
    const text = execFileSync(process.execPath, sls, { cwd: root, env: cleanEnvironment() })
    mkdirSync(`${root}/.results`, { recursive: true })
    writeFileSync(`${kept}.${process.pid}`, text)
    renameSync(`${kept}.${process.pid}`, kept)
  }
  return JSON.parse(readFileSync(kept, 'utf8'))
}

export const resourcesOf = ({ resources }: ServiceDescription) => Object.values(resources.Resources)

export const tokenPartiesOf = ({ custom }: ServiceDescription): TokenParties => ({
  issuer: custom.tokens.TOKEN_ISSUER,
  audience: custom.tokens.TOKEN_AUDIENCE,
})

/** The table of the service, in the local AWS. */
export const tableOf = ({ custom }: ServiceDescription, { settings }: LocalAws): Table => ({
  aws: withTimeout(awsClient(settings), 10_000),
  name: custom.tableName,
})

/** What tokens in sample events are made with. */
export const tokenSourceOf = (
  service: ServiceDescription,
  aws: LocalAws,
  signingKey = service.custom.signingKey,
): TokenSource => ({
  aws,
  table: service.custom.tableName,
  signingKey,
  parties: tokenPartiesOf(service),
})

/** What a function finds in its environment: its own variables, and what Lambda adds, for the local AWS. */
export function environmentOf(
  service: ServiceDescription,
  functionKey: string,
  { settings }: LocalAws,
): Record<string, string> {
  return {
    ...service.provider.environment,
    ...service.functions[functionKey]?.environment,
    AWS_REGION: settings.region,
    AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: settings.endpoints.dynamodb.href,
    AWS_ENDPOINT_URL_KMS: settings.endpoints.kms.href,
  }
}
