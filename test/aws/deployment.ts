import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation'
import { type FunctionConfiguration, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { unzip } from '../infrastructure/unzip.ts'
import { parsed, sampleEvent } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import { root } from '../support/process/service-description.ts'
import { ACCOUNT, CREDENTIALS, REGION } from './account.ts'
import { awsEnvironment } from './operator.ts'

export const STACK = 'serverless-jwt-auth-prod'
/** What the names of the service on AWS begin with. */
export const PREFIX = `${STACK}-auth`

/** Returns the name of a function. Those of `serverless.yml` have the framework's names. */
export const functionNameOf = (key: string): string => `${key.endsWith('-content') ? STACK : PREFIX}-${key}`

/** A resource of the template that CloudFormation stores. */
interface TemplateResource {
  Type: string
  Condition?: string
  DeletionPolicy?: string
  Properties: Record<string, unknown>
}

export type Deployment = ReturnType<typeof deploymentAt>

/** Reads from AWS what is deployed. */
export function deploymentAt(endpoint: string) {
  const options = { endpoint, region: REGION, credentials: CREDENTIALS }
  const cloudFormation = new CloudFormationClient(options)
  const lambda = new LambdaClient(options)
  const s3 = new S3Client({ ...options, forcePathStyle: true })
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/deployed-`)

  const deployment = {
    options,
    folder,
    aws: withTimeout(
      awsClient({ region: REGION, credentials: CREDENTIALS, endpoints: endpointsAt(endpoint) }),
      10_000,
    ),

    /** Returns the resources of the template that CloudFormation stores, by logical id. */
    async template(): Promise<Record<string, TemplateResource>> {
      const { TemplateBody } = await cloudFormation.send(new GetTemplateCommand({ StackName: STACK }))
      return JSON.parse(String(TemplateBody)).Resources
    },

    async outputs(): Promise<Record<string, string>> {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }))
      const outputs = Stacks?.[0]?.Outputs ?? []
      return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
    },

    /** Returns the issuer of access tokens: the API's own address. */
    async issuer(): Promise<string> {
      return (await this.outputs()).ServiceEndpoint ?? ''
    },

    /** Returns a function's configuration in Lambda, and the archive from the bucket that it runs. */
    async read(functionKey: string): Promise<{ configuration: FunctionConfiguration; archive: Buffer }> {
      const FunctionName = functionNameOf(functionKey)
      const { Configuration = {} } = await lambda.send(new GetFunctionCommand({ FunctionName }))
      const declared = Object.values(await this.template()).map(({ Properties }) => Properties)
      const [{ Code } = {}] = declared.filter((properties) => properties.FunctionName === FunctionName)
      const { ServerlessDeploymentBucketName: Bucket } = await this.outputs()
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: String(Object(Code).S3Key) }))
      const archive = Buffer.from((await Body?.transformToByteArray()) ?? [])
      const hash = createHash('sha256').update(archive).digest('base64')
      if (Configuration.CodeSha256 !== hash)
        throw new Error(`Lambda has other code of ${functionKey} than the bucket`)
      return { configuration: Configuration, archive }
    },

    /** Starts a function as Lambda does, from its archive and with only its environment. It stays warm. */
    async start(functionKey: string) {
      const { configuration, archive } = await this.read(functionKey)
      const place = mkdtempSync(`${folder}/${functionKey}-`)
      for (const [name, content] of unzip(archive)) {
        mkdirSync(dirname(`${place}/${name}`), { recursive: true })
        writeFileSync(`${place}/${name}`, content)
      }
      const env = { ...configuration.Environment?.Variables, ...awsEnvironment(endpoint) }
      const bundle = `${place}/${String(configuration.Handler).replace(/\.handler$/, '.cjs')}`
      const runner = `${root}/test/aws/run-function.cjs`
      const child = fork(runner, [bundle], {
        env,
        cwd: place,
        execArgv: [],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      let logs = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          logs += chunk
        })
      }
      const ended = once(child, 'exit').then(() =>
        Promise.reject(new Error(`${functionKey} has ended:\n${logs}`)),
      )
      // `invoke` reports it.
      ended.catch(() => {})
      return {
        logs: () => logs,
        async invoke(event: object) {
          const message = once(child, 'message')
          child.send(event)
          const [outcome] = await Promise.race([message, ended])
          return outcome as { returned?: never; threw?: string }
        },
        stop: () => child.kill(),
      }
    },
  }
  return deployment
}

const endpointsAt = (endpoint: string) => ({ dynamodb: new URL(endpoint), kms: new URL(endpoint) })

const STAGE_ARN = `arn:aws:execute-api:${REGION}:${ACCOUNT}:abcdef1234/prod`

/** Starts functions, with API Gateway's rules between them. They keep their caches until they are stopped. */
export async function startService(deployment: Deployment, functionKeys: readonly string[]) {
  const entries = functionKeys.map(async (key) => [key, await deployment.start(key)] as const)
  const functions = new Map(await Promise.all(entries))
  const invoke = async (key: string, event: object) => {
    const { returned, threw } = (await functions.get(key)?.invoke(event)) ?? {}
    if (returned === undefined) throw new Error(threw)
    return returned
  }
  /** Calls a function with a sample event of it, changed. */
  const request = async (sample: string, changes: Partial<APIGatewayProxyEvent>) => {
    const { functionKey = sample } = SAMPLES[sample] ?? {}
    return parsed(await invoke(functionKey, { ...sampleEvent(sample), ...changes }))
  }

  return {
    /** Returns what functions have logged: all of them, unless keys are given. */
    logs: (keys = functionKeys) => keys.map((key) => functions.get(key)?.logs() ?? '').join(''),
    stop() {
      for (const warm of functions.values()) warm.stop()
    },
    request,
    jwks: () => request('metadata', {}),
    post: (key: string, body: object) => request(key, { body: JSON.stringify(body) }),

    /** Calls the authorizer with a token. */
    authorize: (token: string, method = 'GET/') =>
      invoke('authorizer', {
        type: 'TOKEN',
        methodArn: `${STAGE_ARN}/${method}`,
        authorizationToken: `Bearer ${token}`,
      }),

    /** Calls a protected route: the authorizer, then the function if the policy allows it. */
    async call(key: string, method: string, token: string, changes: Partial<APIGatewayProxyEvent> = {}) {
      const authorization = readAuthorization(await this.authorize(token, method))
      if (authorization === undefined) throw new Error('the authorizer returned no policy')
      if (!allows(authorization.statements, `${STAGE_ARN}/${method}`)) return 'denied by the policy'
      const event: APIGatewayProxyEvent = sampleEvent(key)
      const requestContext = { ...event.requestContext, authorizer: authorization.context }
      return await request(key, { requestContext, ...changes } as Partial<APIGatewayProxyEvent>)
    },
  }
}
