import { randomBytes, randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { attributesOf, type Item, type Table, writeIf } from '../../../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../../../lib/factors/recovery-codes/recovery-codes.ts'
import { decryptSecret } from '../../../../lib/factors/totp/secret.ts'
import { base32Of } from '../../../../lib/factors/totp/totp.ts'
import { idOf, type MailEvent } from '../../../../lib/mail/event.ts'
import { factorResetKey } from '../../../../lib/mail/factor-reset.ts'
import { hashPassword, SALT_BYTES } from '../../../../lib/passwords/hash.ts'
import { findUserByName } from '../../../../lib/users/store.ts'
import type { User } from '../../../../lib/users/user.ts'
import { type LocalAws, startLocalAws } from '../../../../local/aws.ts'
import { type Authorization, readAuthorization, remapped } from '../../../../local/gateway/gateway-rules.ts'
import { allItems } from '../../../../scripts/cli/pages.ts'
import { expectDescribed } from '../../../http/openapi/check.ts'
import { restorerOf } from '../../aws/restore.ts'
import { loadHandlers } from '../../http/handlers.ts'
import { sampleEvent } from '../../http/lambda.ts'
import {
  describeService,
  mailOf,
  resourcesOf,
  type ServiceDescription,
  tableOf,
} from '../../process/service-description.ts'
import type { ApiResponse, Asking } from '../sessions.ts'
import { addTestUser, testAct } from '../users.ts'

const TEMPLATE = sampleEvent('refresh.json')

/** Page of a browser that uses the service. */
export const ORIGIN = 'http://localhost:3000'

/** What every function sees, beside its own settings. */
const SETTINGS: Record<string, string> = {
  TOKEN_ISSUER: 'https://issuer.example',
  BREACHED_PASSWORDS: 'off',
  PUBLIC_URL: 'https://service.example',
  RP_ID: 'localhost',
  RP_ORIGINS: ORIGIN,
}

const PASSWORD = 'a password for tests'
const PASSWORD_HASH = await hashPassword(PASSWORD, randomBytes(SALT_BYTES))

/** Returns the description of a service in which no route is switched off. */
const describeAll = () => describeService({ requireSecondFactor: 'all' })

/** Functions with one connection to AWS and one policy. */
export interface FactorFunctions {
  /**
   * Sends a request. Compares the response with the API description.
   *
   * @param route - Method and path, such as `POST /login/totp`. `id` of the request fills `{id}`.
   */
  ask(route: string, asking?: Asking): Promise<ApiResponse>
  /** Invokes the mailer, as Lambda does. */
  mail(event: MailEvent, awsRequestId?: string): Promise<void>
  /** Returns whether the authorizer accepts an access token. */
  opens(token: string): Promise<boolean>
  /** Returns what the gateway keeps of the authorizer's result for an access token, or `undefined` if that is a 401. */
  authorize(token: string): Promise<Authorization | undefined>
}

/** Time that a function has, as in `serverless.yml`. */
const TIMEOUT_MS = 5_000

/** Loads the functions that the routes need in fresh modules, as cold starts do. */
async function loadFunctions(
  description: ServiceDescription,
  aws: LocalAws,
  settings: Record<string, string>,
  remainingMs = TIMEOUT_MS,
): Promise<FactorFunctions> {
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context
  const described = withSettings(description, settings)
  const routes = new Map<string, string>(
    Object.entries(described.functions).flatMap(([key, { events = [] }]) =>
      events.map(
        ({ http }) => [`${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`, key] as const,
      ),
    ),
  )
  const keys = [...new Set(['authorizer', 'mailer', ...routes.values()])].filter(
    (key) => !/pages|docs|signin|openapi/.test(String(described.functions[key]?.handler)),
  )
  const handlers = await loadHandlers(described, keys, aws)
  const invoke = (key: string, event: object, given: Context) => {
    const handler = handlers.get(key)
    if (handler === undefined) throw new Error(`no function ${key}`)
    return handler(event, given)
  }

  async function authorize(token: string) {
    const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev/GET/'
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn }
    return readAuthorization(await invoke('authorizer', event, context))
  }

  return {
    async ask(route, { token, authorization, ...asking } = {}) {
      const key = routes.get(route)
      if (key === undefined) throw new Error(`serverless.yml has no route ${route}`)
      let authorizer = authorization
      if (token !== undefined) {
        try {
          authorizer = (await authorize(token))?.context
        } catch (error) {
          const isUnauthorized = (error as Error).message === 'Unauthorized'
          return { status: isUnauthorized ? 401 : 503, headers: {}, text: '' }
        }
      }
      const event = eventOf(route, asking, authorizer)
      const { statusCode, headers = {}, body }: APIGatewayProxyResult = await invoke(key, event, context)
      const [method, url] = [event.httpMethod, event.path]
      expectDescribed({ method, url, status: statusCode, headers: remapped(headers), body })
      return { status: statusCode, headers, text: body }
    },
    mail: (event, awsRequestId = randomUUID()) => invoke('mailer', event, { ...context, awsRequestId }),
    opens: (token) =>
      authorize(token).then(
        () => true,
        () => false,
      ),
    authorize: (token) =>
      authorize(token).catch((error: Error) => {
        if (error.message !== 'Unauthorized') throw error
        return undefined
      }),
  }
}

/** Gives each function the settings that it has in `serverless.yml`, with other values. */
function withSettings(description: ServiceDescription, settings: Record<string, string>): ServiceDescription {
  const all = { ...SETTINGS, ...settings }
  const changed = (environment: Record<string, string>) =>
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, all[name] ?? value]))
  const functions = Object.entries(description.functions).map(
    ([key, { environment = {}, ...rest }]) => [key, { ...rest, environment: changed(environment) }] as const,
  )
  return { ...description, functions: Object.fromEntries(functions) }
}

function eventOf(
  route: string,
  { body, id, query, sourceIp = '203.0.113.7', headers = {} }: Asking,
  authorizer: Record<string, string> | undefined,
): APIGatewayProxyEvent {
  const [httpMethod = '', resource = ''] = route.split(' ')
  const event = structuredClone(TEMPLATE)
  return {
    ...event,
    httpMethod,
    resource,
    path: resource.replace('{id}', id ?? ''),
    headers: {
      ...event.headers,
      ...(body instanceof URLSearchParams && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    pathParameters: id === undefined ? null : { id },
    queryStringParameters: query ?? null,
    body: body instanceof URLSearchParams ? String(body) : body === undefined ? null : JSON.stringify(body),
    requestContext: {
      ...event.requestContext,
      authorizer,
      identity: { ...event.requestContext.identity, sourceIp },
    },
  } as unknown as APIGatewayProxyEvent
}

export type FactorService = Awaited<ReturnType<typeof startFactorService>>

/**
 * Starts AWS and all functions but the pages. Mails are delivered.
 *
 * @param settings - Changes of the functions' environment.
 */
export async function startFactorService(settings: Record<string, string> = {}) {
  const description = describeAll()
  const policy = { REQUIRE_SECOND_FACTOR: 'none', ...settings }
  const open = new Set<string>()
  let functions: FactorFunctions | undefined
  const aws = await startLocalAws(resourcesOf(description), description.provider.region, {
    ...mailOf(description),
    pausesMs: [0, 0],
    async invoke(_name, event, awsRequestId) {
      const id = idOf(event as MailEvent)
      open.add(id)
      try {
        await functions?.mail(event as MailEvent, awsRequestId)
        return { isReturned: true, payload: 'null' }
      } catch (error) {
        return { isReturned: false, payload: JSON.stringify({ errorMessage: (error as Error).message }) }
      } finally {
        open.delete(id)
      }
    },
  })
  functions = await loadFunctions(description, aws, policy)
  const table: Table = tableOf(description, aws)
  const factorKey = String(description.functions['login-factor']?.environment?.FACTOR_KEY)
  const all = functions
  let added = 0

  return {
    aws,
    table,
    functions,
    /**
     * Loads the functions once more, with other settings.
     *
     * @param url - Of a proxy in front of AWS.
     * @param remainingMs - Time that each invocation has.
     */
    load(changes: Record<string, string> = {}, url?: string, remainingMs?: number): Promise<FactorFunctions> {
      const to = url === undefined ? undefined : new URL(url)
      const endpoints = to ? { dynamodb: to, kms: to, lambda: to, ses: to } : aws.settings.endpoints
      return loadFunctions(
        description,
        { ...aws, settings: { ...aws.settings, endpoints } },
        { ...policy, ...changes },
        remainingMs,
      )
    },
    /** Adds a user with {@link PASSWORD} and a verified address. */
    async addUser(values: Partial<User> = {}): Promise<User> {
      added += 1
      const username = `user-${added}`
      const user = {
        username,
        email: `${username}@example.org`,
        emailVerified: true,
        passwordHash: PASSWORD_HASH,
      }
      return addTestUser(table, { ...user, ...values })
    },
    async user(username: string): Promise<User> {
      const user = await findUserByName(table, username)
      if (user === undefined) throw new Error(`there is no user ${username}`)
      return user
    },
    /** Waits until every mail is sent. */
    async settled(): Promise<void> {
      for (let turns = 0; turns < 3; turns = open.size === 0 ? turns + 1 : 0) await setImmediate()
    },
    /** Returns a function that gives the table its present items again. */
    restorer: () => restorerOf(table),
    /** Returns all items. */
    scan: (): Promise<Item[]> => allItems(table, 'Scan', { ConsistentRead: true }),
    /** Returns a secret in base32. */
    async secretOf(userId: string, ciphertext: string): Promise<string> {
      return base32Of(await decryptSecret(table.aws, factorKey, userId, ciphertext))
    },
    /** Proves enrolments, each by a code of the operator. */
    async proveEnrolments(
      username: string,
      enrolmentTokens: readonly string[],
      onBody: (body: object) => void = () => {},
    ): Promise<void> {
      for (const enrolmentToken of enrolmentTokens) {
        const user = await this.user(username)
        const operatorCode = await storeEnrolmentCode(
          table,
          user,
          randomBytes(CODE_RANDOM_BYTES),
          testAct(new Date()),
        )
        const body = { enrolmentToken, operatorCode }
        onBody(body)
        const { status, text } = await all.ask('POST /enrolment/proof', { body })
        if (status !== 204) throw new Error(`${status} ${text}`)
      }
    },
    /** Stores a reset of a user's factors, as if its mail had been sent at a second since the epoch. */
    async storeReset(userId: string, announcedAt: number): Promise<void> {
      const reset = { mailId: 'a reset', announcedAt, delaySeconds: 86_400 }
      const item = { ...factorResetKey(userId), ...attributesOf(reset) }
      await writeIf(table, 'PutItem', { Item: item })
    },
    /** Returns the items of a partition, by sort key. */
    async items(pk: string): Promise<Record<string, Item>> {
      const { Items } = await table.aws('dynamodb', 'Query', {
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      })
      return Object.fromEntries((Items as Item[]).map((item) => [Object(item.sk).S, item]))
    },
  }
}

export { PASSWORD }
