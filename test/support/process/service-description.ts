import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Statement } from '../../../lib/aws/access.ts'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'
import type { TokenParties } from '../../../lib/tokens/access-token.ts'
import type { LocalAws, MailSettings, Resource } from '../../../local/aws.ts'
import type { TokenSource } from '../../../local/tokens.ts'
import { filesIn } from '../../../plugins/functions/functions.ts'
import { patientCaller } from '../aws/patient.ts'

/** The parts of `serverless.yml` that tests use, with all variables resolved. */
export interface ServiceDescription {
  /** By stage. `default` is for all stages. */
  params: Record<string, Record<string, unknown>>
  provider: { region: string; stage: string; logs: { lambda: { logGroup: string } } }
  custom: {
    auth: {
      tableName: string
      logGroup: string
      signingKey: string
      keyA: string
      keyB: string
      factorKey: string
      tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
    }
  }
  functions: Record<
    string,
    {
      handler: string
      environment?: Record<string, string>
      may?: string[]
      iamRoleStatements?: Statement[]
      /** Its routes. */
      events?: { http: { method: string; path: string; authorizer?: object } }[]
    }
  >
  resources: { Resources: Record<string, Resource> }
}

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Returns the environment without the AWS variables, which would point the service at the developer's account. */
export const cleanEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('AWS_') ? [] : [[name, value]],
    ),
  )

/**
 * Resolves `serverless.yml` by the framework. The result is cached by the content of the files that it reads.
 *
 * @param params - Deploy parameters, as after `--param`.
 */
export function describeService(params: Record<string, string> = {}): ServiceDescription {
  const hash = createHash('sha256').update(JSON.stringify(params))
  for (const file of [
    'serverless.yml',
    'auth.config.ts',
    'package-lock.json',
    ...globSync('{plugins,project,lib/openapi}/**/*.{yml,ts}', { cwd: root }).sort(),
    ...filesIn(root),
  ]) {
    hash.update(readFileSync(`${root}/${file}`))
  }
  const cacheFile = `${root}/.results/serverless-${hash.digest('hex').slice(0, 16)}.json`
  if (!existsSync(cacheFile)) {
    const sls = [`${root}/node_modules/.bin/sls`, 'print', '--format', 'json']
    for (const [name, value] of Object.entries(params)) sls.push('--param', `${name}=${value}`)
    const text = execFileSync(process.execPath, sls, { cwd: root, env: cleanEnvironment() })
    mkdirSync(`${root}/.results`, { recursive: true })
    writeFileSync(`${cacheFile}.${process.pid}`, text)
    renameSync(`${cacheFile}.${process.pid}`, cacheFile)
  }
  const service: ServiceDescription = JSON.parse(readFileSync(cacheFile, 'utf8'))
  for (const one of Object.values(service.functions)) {
    if (one.events) one.events = one.events.filter((event) => 'http' in event)
  }
  return service
}

export const resourcesOf = ({ resources }: ServiceDescription) => resources.Resources

export const tokenPartiesOf = ({ custom }: ServiceDescription): TokenParties => ({
  issuer: custom.auth.tokens.TOKEN_ISSUER,
  audience: custom.auth.tokens.TOKEN_AUDIENCE,
})

/** Returns what the local SES and Lambda know of the service. Events are accepted and not delivered. */
export function mailOf({ functions, custom }: ServiceDescription) {
  return {
    verifiedIdentities: [String(functions.mailer?.environment?.MAIL_FROM)],
    functionNames: ['mailer', 'fetch-client', 'drain'].map((name) => `${custom.auth.tableName}-${name}`),
    pausesMs: [],
    invoke: async () => ({ isReturned: true, payload: 'null' }),
  } satisfies Partial<MailSettings>
}

/** Returns the tables of the service as resources, under another name. */
export const tableResources = ({ resources }: ServiceDescription, name: string) =>
  (['Table', 'Events'] as const).map((id): Resource => {
    const { Type = '', Properties } = resources.Resources[id] ?? {}
    return { Type, Properties: { ...Properties, TableName: id === 'Table' ? name : eventsTableOf({ name }) } }
  }) as [Resource, Resource]

/** Returns the service's table in the local AWS. */
export const tableOf = ({ custom }: ServiceDescription, { settings }: LocalAws): Table => ({
  aws: patientCaller(settings),
  name: custom.auth.tableName,
})

/** Returns the source of the tokens in sample events. */
export const tokenSourceOf = (
  service: ServiceDescription,
  aws: LocalAws,
  signingKey = service.custom.auth.signingKey,
): TokenSource => ({
  aws,
  table: service.custom.auth.tableName,
  signingKey,
  parties: tokenPartiesOf(service),
})

/** Returns the environment of a function in the local AWS: its own variables and those that Lambda adds. */
export function environmentOf(
  service: ServiceDescription,
  functionKey: string,
  { settings }: LocalAws,
): Record<string, string> {
  return {
    AWS_REGION: settings.region,
    AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: settings.endpoints.dynamodb.href,
    AWS_ENDPOINT_URL_KMS: settings.endpoints.kms.href,
    AWS_ENDPOINT_URL_SESV2: settings.endpoints.ses.href,
    AWS_ENDPOINT_URL_LAMBDA: settings.endpoints.lambda.href,
    AWS_ENDPOINT_URL_EVENTBRIDGE: settings.endpoints.dynamodb.href,
    ...service.functions[functionKey]?.environment,
  }
}
