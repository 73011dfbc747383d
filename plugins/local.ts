import { readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { banner } from '../local/banner.ts'
import { configureGateway } from '../local/gateway/gateway.ts'
import { leaveAuthorizers } from '../local/gateway/project-authorizers.ts'
import { quietServerlessOffline } from '../local/gateway/serverless-offline.ts'
import { limitFunctions } from '../local/lambda/function-threads.ts'
import { givePasswordsSecret } from '../local/passwords-secret.ts'
import { isNumberIn } from '../local/ports.ts'
import { addDemoProvider } from '../local/provider/demo.ts'
import { type Bundler, onChange, reportBuilds } from '../local/reload.ts'
import { makePlace, type Place } from '../local/running/services.ts'
import { completeEvent } from '../local/sample-events.ts'
import { sampleOf } from '../local/samples.ts'
import { faultOfGateway, HTTP_PORT } from '../local/starting.ts'
import { fillTokens } from '../local/tokens.ts'
import { IS_PACKAGE, ROOT } from '../project/origin.ts'
import type { Hooks, Serverless, Variable } from './framework.d.ts'
import { filesIn } from './functions/functions.ts'
import { mapSources } from './functions/source-maps.ts'
import { pointFunctionsAt, pointInvokedAt } from './project/environment.ts'
import { settingsOfLocalAws } from './project/local-aws.ts'
import type { OfflineOptions } from './project/offline.d.ts'
import { ownershipOf } from './project/ownership.ts'
import { reject, rejectAny } from './reject.ts'
import { faultsOfSharedPaths } from './routes/http-api.ts'

const LOCAL_SENDER = 'no-reply@localhost'

/** Decides about each request to `sls offline`. */
const GATEWAY = join(ROOT, `local/gateway/gateway${extname(import.meta.url)}`)

interface Options extends OfflineOptions {
  /** What serverless-offline puts before each path: the stage, without this option, and a text. */
  noPrependStageInUrl?: boolean
  prefix?: string
  /** Event of `sls invoke local`, once it has been read. */
  data?: unknown
  /** Key of the function of `sls invoke local`. */
  function?: string
  /** File with the event of `sls invoke`, and whether it is sent as it is. */
  path?: string
  raw?: boolean
}

const schemeOf = ({ httpsProtocol }: { httpsProtocol?: unknown }) => (httpsProtocol ? 'https' : 'http')

/**
 * Serverless plugin: provides what AWS provides, on a developer's machine, for `sls offline` and `sls invoke local`.
 * Functions run unchanged: their environment names the local endpoints, as it does for the AWS SDKs.
 */
export default class LocalPlugin {
  readonly hooks: Hooks = {
    initialize: () => this.start(),
    'before:invoke:local:invoke': () => this.fillEvent(),
    'before:invoke:invoke': () => this.completeFile(),
    'after:offline:functionsUpdated:cleanup': () => this.reportReload(),
  }
  readonly configurationVariablesSources = {
    local: { resolve: (variables: Variable) => this.readLocal(variables) },
  }
  private readonly serverless: Serverless
  private readonly options: Options
  private readonly command: string
  private aws: LocalAws | undefined
  private reportReload = () => {}

  constructor(serverless: Serverless, options: Options) {
    this.serverless = serverless
    this.options = options
    this.command = serverless.processedInput.commands.join(' ')
    if (this.isLocal()) mapSources(serverless)
  }

  private isLocal = () => ['offline', 'offline start', 'invoke local'].includes(this.command)

  /**
   * Resolves `${local:url}`, `${local:breachedPasswords}` and `${local:mailFrom}`. The value is null for commands that
   * package the service, which has others on AWS.
   */
  private async readLocal({ address, resolveVariable }: Variable): Promise<{ value: string | null }> {
    if (['deploy', 'package'].includes(this.serverless.processedInput.commands[0] ?? ''))
      return { value: null }
    // A developer's machine may be offline, and demo passwords are known ones.
    if (address === 'breachedPasswords') return { value: 'off' }
    if (address === 'mailFrom') return { value: LOCAL_SENDER }
    const written = async (name: string) =>
      this.options[name as keyof Options] ??
      (await resolveVariable(`self:custom.serverless-offline.${name}, null`))
    const scheme = schemeOf({ httpsProtocol: await written('httpsProtocol') })
    return { value: `${scheme}://localhost:${await written('httpPort')}` }
  }

  private async start(): Promise<void> {
    if (!this.isLocal()) return
    const { custom, provider, resources } = this.serverless.service
    const offline = { ...custom['serverless-offline'], ...this.options }
    const { host = 'localhost' } = offline
    const httpPort = Number(offline.httpPort ?? HTTP_PORT)
    if (this.command !== 'invoke local') {
      refusePaths(offline)
      const { brought } = ownershipOf(this.serverless)
      rejectAny(faultsOfSharedPaths(this.serverless.service.functions, IS_PACKAGE ? brought : new Set()))
      rejectAny([(await faultOfGateway(httpPort, host)) ?? []].flat())
    }

    const ids = ownershipOf(this.serverless).resources
    const ofService = Object.fromEntries(Object.entries(resources.Resources).filter(([id]) => ids.has(id)))
    const taken = (port: number) => isNumberIn({ ...custom, auth: undefined }, port)
    const settings = settingsOfLocalAws(this.serverless, () => String(this.options.lambdaPort))
    this.aws = await startLocalAws(ofService, provider.region, settings, taken)
    if (this.command === 'invoke local') {
      pointInvokedAt(this.serverless, this.aws.settings, String(this.options.function))
      return
    }

    if (custom.auth.federation === 'on') await addDemoProvider(this.aws, custom.auth, taken)
    await givePasswordsSecret(this.aws, custom.auth, this.serverless.service.functions.drain)
    pointFunctionsAt(this.serverless, this.aws.settings)
    const place = await makePlace()
    await this.prepareOffline(place, httpPort)
    this.reportBuilds()
    this.reportRestarts()
    this.prepareGateway(this.aws, place, { host, httpPort })
  }

  /** Prepares serverless-offline, which starts after this plugin. */
  private async prepareOffline({ socket }: Place, httpPort: number): Promise<void> {
    const { custom, functions } = this.serverless.service
    this.options.noSponsor = true
    // API Gateway passes every Cookie header on, also a malformed one.
    this.options.disableCookieValidation = true
    this.options.lambdaPort = socket
    await limitFunctions(!this.options.noTimeout)
    this.options.noTimeout = true
    await quietServerlessOffline(
      this.serverless.serviceDir,
      httpPort,
      (name) => Object.keys(functions).find((key) => functions[key]?.name === name) ?? name,
    )
    // serverless-plugin-typescript runs the service in another folder, so the path is absolute.
    custom.offline = { ...custom.offline, customAuthenticationProvider: GATEWAY }
    await leaveAuthorizers(custom.offline, custom.auth.authorizer.name)
  }

  private prepareGateway(
    aws: LocalAws,
    place: Place,
    { host, httpPort }: { host: string; httpPort: number },
  ): void {
    const { service, custom, functions, provider, resources } = this.serverless.service
    const offline = { ...custom['serverless-offline'], ...this.options }
    const certificate = offline.httpsProtocol ? join(offline.httpsProtocol, 'cert.pem') : undefined
    const url = `${schemeOf(offline)}://${host === '0.0.0.0' ? 'localhost' : host}:${httpPort}`
    const hasPages = custom.auth.pages === 'on'
    const hasMail = functions.mailer !== undefined
    const hasOAuth = custom.auth.oauth === 'on'
    const { requireSecondFactor } = custom.auth
    const features = { service, hasPages, hasMail, hasOAuth, requireSecondFactor, certificate }
    const { dynamodb: dynamoDb } = aws.settings.endpoints
    configureGateway({
      resources: resources.Resources,
      region: provider.region,
      stage: provider.stage,
      authorizerCacheSeconds: Number(custom.auth.authorizer.resultTtlInSeconds),
      host,
      lambdaSocket: place.socket,
      hasPages,
      mailbox: hasMail ? aws.mailbox : undefined,
      functionName: (key) => this.serverless.service.getFunction(key).name,
      log: console.log,
      onListening: () => {
        const { serviceDir: project } = this.serverless
        const { TOKEN_AUDIENCE: audience } = custom.auth.tokens
        place.describe({ service, project, url, dynamoDb: dynamoDb.origin, audience })
        console.log(banner(url, dynamoDb, features))
      },
    })
  }

  private reportBuilds(): void {
    const { plugins } = this.serverless.pluginManager
    const bundler = plugins.find((one) => one.constructor.name === 'EsbuildServerlessPlugin')
    if (bundler !== undefined) this.reportReload = reportBuilds(bundler as object as Bundler, console.log)
  }

  /** Reports changes that need a restart. The functions of the package change with its version only. */
  private reportRestarts(): void {
    const { serviceDir, configurationFilename } = this.serverless
    for (const path of [configurationFilename, ...(IS_PACKAGE ? [] : filesIn(ROOT))]) {
      onChange(`${serviceDir}/${path}`, () => console.log(`${path} changed: restart to apply it.`))
    }
  }

  /** Completes the event in the file of `sls invoke`. A token in it must be a real one: the keys of AWS sign. */
  private completeFile(): void {
    const { path, raw } = this.options
    if (path === undefined || raw || this.options.data || !this.takesSamples()) return
    try {
      const event = JSON.parse(readFileSync(resolve(this.serverless.serviceDir, path), 'utf8'))
      this.options.data = JSON.stringify(completeEvent(event))
    } catch {
      // The framework reports a file that does not exist, and sends what is no JSON as it is.
    }
  }

  /** Whether sample events are for the function that is invoked: one of the service, or one with a route. Others get theirs unchanged. */
  private takesSamples(): boolean {
    const { function: key = '' } = this.options
    const { events } = this.serverless.service.functions[key] ?? {}
    const hasRoute = events?.some(({ http }) => http !== undefined) ?? false
    return hasRoute || ownershipOf(this.serverless).functions.has(key)
  }

  private async fillEvent(): Promise<void> {
    if (!this.takesSamples()) return
    const { custom, functions } = this.serverless.service
    const { signingKey, tableName: table, tokens } = custom.auth
    if (this.aws === undefined) throw new Error('the local AWS has not been started')
    const parties = { issuer: tokens.TOKEN_ISSUER, audience: tokens.TOKEN_AUDIENCE }
    const event = completeEvent(this.options.data || sampleOf(functions[String(this.options.function)]))
    this.options.data = await fillTokens(event, { aws: this.aws, table, signingKey, parties }, new Date())
  }
}

/** Refuses paths that begin elsewhere: the issuer, links in mails and the mailbox are at the root. */
function refusePaths({ noPrependStageInUrl, prefix }: Options): void {
  if (noPrependStageInUrl && !prefix) return
  reject(
    'serverless-jwt-auth has its paths at the root of this machine. Take noPrependStageInUrl and prefix out of custom.serverless-offline.',
  )
}
