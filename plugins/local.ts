import { DEMO_USERS, type LocalAws, type Resource, startLocalAws } from '../local/aws.ts'
import { configureGateway } from '../local/gateway.ts'
import { DYNAMODB_PORT } from '../local/ports.ts'
import { fillTokens } from '../local/tokens.ts'

const HTTP_PORT = 3000
const LAMBDA_PORT = 3002

// Of the framework, just what is used here.
interface Serverless {
  service: {
    custom: {
      signingKey: string
      tableName: string
      tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
      'serverless-offline': { httpPort?: number; lambdaPort?: number; host?: string }
    }
    provider: { region: string; stage: string }
    resources: { Resources: Record<string, Resource> }
    getFunction(key: string): { name: string }
  }
  processedInput: { commands: string[] }
}

interface Options {
  host?: string
  httpPort?: number
  lambdaPort?: number
  noSponsor?: boolean
  /** Event of `sls invoke local`, once it has been read. */
  data?: unknown
}

/**
 * Serverless plugin: on a developer's machine, provides what AWS provides, for `sls offline` and
 * `sls invoke local`. The functions do not notice: they are told their endpoints as the AWS SDKs are.
 */
export default class LocalPlugin {
  readonly hooks = {
    initialize: () => this.start(),
    'before:invoke:local:invoke': () => this.fillEvent(),
  }
  private readonly serverless: Serverless
  private readonly options: Options
  private aws: LocalAws | undefined

  constructor(serverless: Serverless, options: Options) {
    this.serverless = serverless
    this.options = options
  }

  private async start(): Promise<void> {
    const command = this.serverless.processedInput.commands.join(' ')
    if (!['offline', 'offline start', 'invoke local'].includes(command)) return
    const { provider, resources } = this.serverless.service
    const all = Object.values(resources.Resources)
    const aws = await startLocalAws(all, provider.region, DYNAMODB_PORT)
    this.aws = aws
    this.pointFunctionsAt(aws)
    if (command === 'invoke local') return

    this.options.noSponsor = true
    const offline = { ...this.serverless.service.custom['serverless-offline'], ...this.options }
    const host = offline.host === '0.0.0.0' ? 'localhost' : (offline.host ?? 'localhost')
    const url = `http://${host}:${offline.httpPort ?? HTTP_PORT}`
    configureGateway({
      resources: all,
      region: provider.region,
      stage: provider.stage,
      lambdaUrl: new URL(`http://${host}:${offline.lambdaPort ?? LAMBDA_PORT}`),
      functionName: (key) => this.serverless.service.getFunction(key).name,
      onListening: () => console.log(welcome(url, aws.settings.endpoints.dynamodb)),
    })
  }

  /** Whatever AWS account the developer is signed in to, nothing that runs from here on can reach it. */
  private pointFunctionsAt({ settings }: LocalAws): void {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
    process.env.AWS_ACCESS_KEY_ID = settings.credentials.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = settings.credentials.secretAccessKey
    process.env.AWS_ENDPOINT_URL_DYNAMODB = settings.endpoints.dynamodb.href
    process.env.AWS_ENDPOINT_URL_KMS = settings.endpoints.kms.href
  }

  private async fillEvent(): Promise<void> {
    const { signingKey, tableName: table, tokens } = this.serverless.service.custom
    if (this.aws === undefined) throw new Error('the local AWS has not been started')
    const parties = { issuer: tokens.TOKEN_ISSUER, audience: tokens.TOKEN_AUDIENCE }
    const source = { aws: this.aws, table, signingKey, parties }
    this.options.data = await fillTokens(this.options.data, source, new Date())
  }
}

/** Nobody should change the accounts of whatever else has the port that `--local` takes. */
const otherPort = ({ origin }: URL) =>
  `\n  Port ${DYNAMODB_PORT} was taken, so: npm run users -- … --local --endpoint ${origin}`

const welcome = (url: string, dynamodb: URL) => `
  serverless-jwt-auth is running at ${url}

  Demo users (this machine only)
${DEMO_USERS.map(({ username }) => `    ${username.padEnd(5)} with password ${username}`).join('\n')}

  The table is in memory, at ${dynamodb.origin}${Number(dynamodb.port) === DYNAMODB_PORT ? '' : otherPort(dynamodb)}

  Try it
    TOKEN=$(curl -s ${url}/login -H 'Content-Type: application/json' -d '{"username":"user","password":"user"}' | sed -E 's/.*"authToken":"([^"]*)".*/\\1/')
    curl -s ${url}/ -H "Authorization: Bearer $TOKEN"
    curl -s ${url}/admin -H "Authorization: Bearer $TOKEN"
`
