import { randomBytes, randomUUID } from 'node:crypto'
import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import { vi } from 'vitest'
import { awsClient, withTimeout } from '../../../lib/aws/client.ts'
import type { Item, Table } from '../../../lib/aws/dynamodb.ts'
import type { AwsSettings } from '../../../lib/aws/settings.ts'
import type { MailEvent } from '../../../lib/mail/event.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import { isLive, SESSION_RANDOM_BYTES, startSession } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { removeUser } from '../../../lib/users/names.ts'
import { revokeTokens } from '../../../lib/users/revocation.ts'
import {
  changeUser,
  findUserByName,
  profileKey,
  replaceHash,
  type UserChanges,
} from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { type MailSettings, startLocalAws } from '../../../local/aws.ts'
import { readAuthorization, remapped } from '../../../local/gateway/gateway-rules.ts'
import argon2Cffi from '../../security/hashes/argon2-cffi.json' with { type: 'json' }
import { inEnvironment } from '../http/handlers.ts'
import { sampleEvent } from '../http/lambda.ts'
import { describeService, tableResources } from '../process/service-description.ts'
import { addTestUser, storeSession, testAct } from './users.ts'

const TEMPLATE = sampleEvent('refresh.json')

const REGION = 'eu-central-1'
export const TABLE_NAME = 'serverless-jwt-auth-dev'
const KEY = 'alias/serverless-jwt-auth-dev-a'
const FACTOR_KEY = 'alias/serverless-jwt-auth-dev-factors'
const PATIENCE_MS = 10_000

export const PASSWORD = 'a password for tests'
export const NEW_PASSWORD = 'another password for tests'
const PASSWORD_HASH = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))

/** A password with a hash by another program, whose cost is below the service's own. */
export const WEAK = argon2Cffi.rows.find(({ hash }) => hash.includes('$m=8,')) ?? { password: '', hash: '' }

/** The environment of the functions, as in serverless.yml. */
const ENVIRONMENT = {
  CLIENT_FETCHER: 'none',
  TABLE_NAME,
  SIGNING_KEY: KEY,
  GUARDED_ROUTES: 'none',
  SCOPED_ROUTES: 'none',
  API_SCOPES: '',
  PUBLISHED_KEYS: KEY,
  OAUTH: 'on',
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'audience',
  COOKIE_SESSIONS: 'on',
  TOKEN_TTL_SECONDS: '1800',
  SESSION_TTL_SECONDS: '2592000',
  SESSION_IDLE_TTL_SECONDS: '604800',
  REFRESH_GRACE_SECONDS: '10',
  LIMIT_USER_AND_SOURCE: '10/900',
  LIMIT_SOURCE: '50/900',
  LIMIT_KNOWN_SOURCE: '500/900',
  LIMIT_USER: '100/86400',
  LIMIT_USER_AND_KNOWN_SOURCE: '100/86400',
  BREACHED_PASSWORDS: 'off',
  LIMIT_MAIL_SOURCE: '30/3600',
  LIMIT_MAIL_RECIPIENT: '3/3600',
  NOTIFY_NEW_SOURCE: 'on',
  MAILER: '',
  MAIL_FROM: 'no-reply@service.example',
  SERVICE_NAME: 'Test',
  PUBLIC_URL: 'https://service.example',
  ALLOWED_EMAIL_DOMAINS: '',
  REQUIRE_SECOND_FACTOR: 'none',
  FACTOR_KEY,
  RP_ID: 'service.example',
  RP_ORIGINS: 'https://service.example',
  FACTOR_RESET_DELAY_SECONDS: '86400',
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: '',
  AWS_ENDPOINT_URL_DYNAMODB: '',
  AWS_ENDPOINT_URL_KMS: '',
  AWS_ENDPOINT_URL_LAMBDA: '',
  AWS_ENDPOINT_URL_SESV2: '',
}

/** Limits that no test reaches. */
export const NO_LIMITS = Object.fromEntries(
  Object.keys(ENVIRONMENT)
    .filter((name) => name.startsWith('LIMIT_'))
    .map((name) => [name, '9999/86400']),
)

/** Returns an operator's actions on the table. */
export function operator(table: Table) {
  // Other files may add users to the same table.
  const own = randomBytes(4).toString('hex')
  let added = 0
  return {
    table,
    /** Adds a user. Defaults: a unique name, and {@link PASSWORD}. */
    async add(user: Partial<User> = {}): Promise<string> {
      added += 1
      const values = { username: `user-${own}-${added}`, passwordHash: PASSWORD_HASH, ...user }
      await addTestUser(table, values)
      return values.username
    },
    /** Changes a user and revokes its tokens, as `npm run users` does. */
    async change(username: string, changes: UserChanges): Promise<void> {
      const user = await this.user(username)
      await changeUser(
        table,
        user,
        { changes: { ...changes, ...revokeTokens(user) }, changeId: randomUUID() },
        testAct(),
      )
    },
    /** Replaces a user's password hash and revokes nothing. */
    async setHash(username: string, passwordHash: string): Promise<void> {
      await replaceHash(table, await this.user(username), passwordHash)
    },
    async user(username: string): Promise<User> {
      const user = await findUserByName(table, username)
      if (user === undefined) throw new Error(`there is no user ${username}`)
      return user
    },
    /** Removes a user and frees its names. */
    async remove(username: string): Promise<void> {
      await removeUser(table, await this.user(username), [], testAct())
    },
    /** Returns all items of a user by sort key: the profile and the sessions. */
    async itemsOf(username: string): Promise<Record<string, Item>> {
      return this.items(profileKey((await this.user(username)).id).pk.S)
    },
    /** Returns all items of a partition key, by sort key. */
    async items(pk: string): Promise<Record<string, Item>> {
      const input = {
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      }
      const { Items } = await table.aws('dynamodb', 'Query', input)
      return Object.fromEntries((Items as Item[]).map((item) => [(item.sk as { S: string }).S, item]))
    },
    /** Moves the rotation of a session ten seconds back. */
    async letTenSecondsPass(username: string, sessionId: string): Promise<void> {
      const input = {
        TableName: table.name,
        Key: { pk: profileKey((await this.user(username)).id).pk, sk: { S: `session#${sessionId}` } },
        UpdateExpression: 'SET rotatedAtMs = rotatedAtMs - :passed',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':passed': { N: '10000' } },
      }
      await table.aws('dynamodb', 'UpdateItem', input)
    },
    async scan(): Promise<Item[]> {
      const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
      return Items as Item[]
    },
    /** Returns the number of attempts in a counter, in all its windows. */
    async attempts(pk: string, name: string): Promise<number> {
      const counters = Object.entries(await this.items(pk)).filter(([sk]) => sk.replace(/#\d+$/, '') === name)
      return counters.reduce((sum, [, item]) => sum + (Object(item.ids).SS ?? []).length, 0)
    },
  }
}

export type Operator = ReturnType<typeof operator>

const callerAt = (settings: AwsSettings) => withTimeout(awsClient(settings), PATIENCE_MS)

/** Returns the table of a running service. */
export const tableAt = (dynamoDbUrl: string): Table => ({
  aws: callerAt({
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoints: { dynamodb: new URL(dynamoDbUrl) },
  }),
  name: TABLE_NAME,
})

export type Stores = Awaited<ReturnType<typeof startStores>>

/**
 * Starts DynamoDB and KMS, and returns them with an operator's actions on the table.
 *
 * @param mail - For SES and Lambda, if functions send mails.
 */
export async function startStores(mail: Partial<MailSettings> = {}) {
  const alias = (AliasName: string, Ref: string) => ({
    Type: 'AWS::KMS::Alias',
    Properties: { AliasName, TargetKeyId: { Ref } },
  })
  const [Table, Events] = tableResources(describeService(), TABLE_NAME)
  const resources = {
    Table,
    Events,
    KeyAlias: alias(KEY, 'Key'),
    FactorKey: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'SYMMETRIC_DEFAULT' } },
    FactorKeyAlias: alias(FACTOR_KEY, 'FactorKey'),
  }
  const aws = await startLocalAws(resources, REGION, mail)
  const { dynamodb, kms, lambda, ses } = aws.settings.endpoints
  return {
    aws,
    ...operator({ aws: callerAt(aws.settings), name: TABLE_NAME }),
    /** Starts functions that call these stores directly; see {@link startFunctions}. */
    functions: (settings: Record<string, string> = {}) =>
      startFunctions(dynamodb.href, {
        AWS_ENDPOINT_URL_KMS: kms.href,
        AWS_ENDPOINT_URL_LAMBDA: lambda.href,
        AWS_ENDPOINT_URL_SESV2: ses.href,
        ...settings,
      }),
  }
}

const FUNCTIONS = {
  authorizer: () => import('../../../functions/authorizer.ts'),
  login: () => import('../../../functions/sessions/login.ts'),
  refresh: () => import('../../../functions/sessions/refresh.ts'),
  logout: () => import('../../../functions/sessions/logout.ts'),
  sessions: () => import('../../../functions/sessions/sessions.ts'),
  password: () => import('../../../functions/account/password.ts'),
  me: () => import('../../../functions/account/me.ts'),
  'delete-me': () => import('../../../functions/account/delete-me.ts'),
  'new-account': () => import('../../../functions/registration/new-account.ts'),
  'mail-requests': () => import('../../../functions/mail/mail-requests.ts'),
  reset: () => import('../../../functions/account/reset.ts'),
  'change-email': () => import('../../../functions/account/change-email.ts'),
  'confirm-email': () => import('../../../functions/account/confirm-email.ts'),
  'login-factor': () => import('../../../functions/sign-in/login-factor.ts'),
  factors: () => import('../../../functions/factors/factors.ts'),
  'confirm-totp': () => import('../../../functions/factors/confirm-totp.ts'),
  'enrol-totp': () => import('../../../functions/enrolment/enrol-totp.ts'),
  'add-passkey': () => import('../../../functions/passkeys/add-passkey.ts'),
  enrolment: () => import('../../../functions/enrolment/enrolment.ts'),
  mailer: () => import('../../../functions/mail/mailer.ts'),
  'user-content': () => import('../../../functions/content/user-content.ts'),
  metadata: () => import('../../../functions/service/metadata.ts'),
  userinfo: () => import('../../../functions/account/userinfo.ts'),
  approve: () => import('../../../functions/oauth/approve.ts'),
  token: () => import('../../../functions/oauth/token.ts'),
}

/** Functions with several routes, by route. Those that many tests call have a name of their own. */
const STEPS = {
  'end-session': 'sessions',
  'revoke-app': 'sessions',
  register: 'mail-requests',
  forgot: 'mail-requests',
  jwks: 'metadata',
  'POST /login/totp': 'login-factor',
  'POST /login/recovery-code': 'login-factor',
  'POST /factors/totp': 'factors',
  'DELETE /factors/totp': 'factors',
  'POST /factors/recovery-codes': 'factors',
  'POST /enrolment/mail': 'enrolment',
  'POST /enrolment/proof': 'enrolment',
  'POST /enrolment/totp': 'enrolment',
  'POST /factors/cancel-reset': 'enrolment',
  'POST /enrolment/passkey/options': 'enrolment',
  'POST /enrolment/passkey': 'add-passkey',
} as const satisfies Record<string, keyof typeof FUNCTIONS>

/** Method and path of each route with a name. */
const ROUTES = {
  login: ['POST', '/login'],
  refresh: ['POST', '/refresh'],
  logout: ['POST', '/logout'],
  sessions: ['GET', '/sessions'],
  'end-session': ['DELETE', '/sessions/id'],
  'revoke-app': ['DELETE', '/apps/id'],
  password: ['PUT', '/password'],
  me: ['GET', '/me'],
  'delete-me': ['DELETE', '/me'],
  register: ['POST', '/register'],
  'new-account': ['POST', '/register/confirm'],
  forgot: ['POST', '/password/forgot'],
  reset: ['POST', '/password/reset'],
  'change-email': ['PUT', '/email'],
  'confirm-email': ['POST', '/email/confirm'],
  'confirm-totp': ['POST', '/factors/totp/confirm'],
  'enrol-totp': ['POST', '/enrolment/totp/confirm'],
  'user-content': ['GET', '/'],
  jwks: ['GET', '/.well-known/jwks.json'],
  metadata: ['GET', '/.well-known/openid-configuration'],
  userinfo: ['GET', '/userinfo'],
  approve: ['POST', '/oauth2/approve'],
  token: ['POST', '/oauth2/token'],
} as const satisfies Record<string, readonly [method: string, path: string]>

type Step = keyof typeof STEPS

/** A route by its name, or by method and path. */
export type Route = keyof typeof ROUTES | Extract<Step, `${string} ${string}`>

/** Returns the key of the function of a route. A function with one route has its name. */
const functionOf = (route: Route) =>
  (STEPS[route as Step] ?? route) as Exclude<keyof typeof FUNCTIONS, 'authorizer' | 'mailer'>

/** A client's request. */
export interface Asking {
  /** A form, or what becomes JSON. */
  body?: object | URLSearchParams
  /** Access token. With one, the authorizer is called first. */
  token?: string
  /** What API Gateway kept of the authorizer's result. With this, the authorizer is not called. */
  authorization?: Record<string, string>
  id?: string
  query?: Record<string, string>
  sourceIp?: string
  headers?: Record<string, string>
}

export interface ApiResponse {
  status: number
  headers: Record<string, unknown>
  text: string
}

type Modules = { [F in keyof typeof FUNCTIONS]: Awaited<ReturnType<(typeof FUNCTIONS)[F]>> }

/** Loads all functions in fresh modules. */
async function loadAll(): Promise<typeof FUNCTIONS> {
  const modules = (await loadFresh(async () =>
    Object.fromEntries(
      await Promise.all(Object.entries(FUNCTIONS).map(async ([name, load]) => [name, await load()])),
    ),
  )) as Modules
  const loaders = Object.entries(modules).map(([name, module]) => [name, async () => module])
  return Object.fromEntries(loaders)
}

/** Loads each function in fresh modules of its own, when it is first called. */
function loadWhenCalled(): typeof FUNCTIONS {
  const loaders = Object.entries<() => Promise<unknown>>(FUNCTIONS).map(([name, load]) => {
    let loading: Promise<unknown> | undefined
    return [
      name,
      () => {
        loading ??= loadFresh(load)
        return loading
      },
    ]
  })
  return Object.fromEntries(loaders)
}

/** Loaded with the first functions: tests that only start stores do not compile the API description. */
let check: Promise<typeof import('../../http/openapi/check.ts')> | undefined

let lastLoading: Promise<unknown> = Promise.resolve()

/** Loads one after the other, because all share one registry of modules. */
function loadFresh<T>(load: () => Promise<T>): Promise<T> {
  const loading = lastLoading.then(() => {
    vi.resetModules()
    return load()
  })
  lastLoading = loading
  return loading
}

/**
 * Loads the functions from their sources in fresh modules, as a cold start does.
 *
 * @param endpoint - URL of DynamoDB and KMS. The functions use no other variable of `process.env`.
 * @param settings - Changes of their environment.
 * @param when - Tests with a cold start for each case load only what they call.
 */
export async function startFunctions(
  endpoint: string,
  settings: Record<string, string> = {},
  when: 'now' | 'when called' = 'now',
) {
  const environment = { ...ENVIRONMENT, AWS_ENDPOINT_URL: endpoint, ...settings }
  check ??= import('../../http/openapi/check.ts')
  const { expectDescribed } = await check
  const modules = when === 'now' ? await loadAll() : loadWhenCalled()

  /** Calls the authorizer, as API Gateway does. */
  async function authorize(token: string) {
    const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev/GET/'
    const event = { type: 'TOKEN' as const, authorizationToken: `Bearer ${token}`, methodArn }
    const { handler } = await modules.authorizer()
    const authorization = readAuthorization(await inEnvironment(environment, handler)(event, CONTEXT))
    if (authorization === undefined) throw new Error('the authorizer returned an invalid policy')
    return authorization
  }

  return {
    authorize,
    async ask(route: Route, { token, authorization, ...asking }: Asking): Promise<ApiResponse> {
      let context = authorization
      try {
        if (token !== undefined) context = (await authorize(token)).context
      } catch (error) {
        // The gateway responses UNAUTHORIZED and AUTHORIZER_FAILURE of plugins/resources/gateway-responses.yml.
        const isUnauthorized = (error as Error).message === 'Unauthorized'
        return isUnauthorized
          ? { status: 401, headers: {}, text: '' }
          : { status: 503, headers: { 'Retry-After': '5' }, text: '' }
      }
      const [method = '', url = ''] =
        route in ROUTES ? ROUTES[route as keyof typeof ROUTES] : route.split(' ')
      const { handler } = await modules[functionOf(route)]()
      const event = {
        ...eventOf(asking, context),
        httpMethod: method,
        resource: url.replace(/\/id$/, '/{id}'),
      }
      const { statusCode, headers, body } = await inEnvironment(environment, handler)(event, CONTEXT)
      expectDescribed({ method, url, status: statusCode, headers: remapped(headers ?? {}), body })
      return { status: statusCode, headers: headers ?? {}, text: body }
    },
    /**
     * Invokes the mailer, as Lambda does.
     *
     * @param awsRequestId - The same for all attempts of one event.
     */
    async mail(event: MailEvent, awsRequestId: string = randomUUID()) {
      const { handler } = await modules.mailer()
      return inEnvironment(environment, handler)(event, { ...CONTEXT, awsRequestId })
    },
    /** Returns whether the authorizer accepts an access token. */
    opens: (token: string) =>
      authorize(token).then(
        () => true,
        () => false,
      ),
  }
}

export type Functions = Awaited<ReturnType<typeof startFunctions>>

const CONTEXT = { getRemainingTimeInMillis: () => 5_000 } as Context

function eventOf(
  { body, id, query, sourceIp = '203.0.113.7', headers = {} }: Asking,
  authorizer: Record<string, string> | undefined,
): APIGatewayProxyEvent {
  const event = structuredClone(TEMPLATE)
  return {
    ...event,
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

/** Response of a login or refresh. */
export interface Tokens {
  authToken: string
  tokenType: string
  expiresIn: number
  refreshToken: string
  refreshExpiresIn: number
}

/** Reads the response of a login or refresh that must have succeeded. */
export function tokensOf({ status, text }: ApiResponse): Tokens {
  if (status !== 200) throw new Error(`no tokens: ${status} ${text}`)
  return JSON.parse(text)
}

export const signIn = async (functions: Functions, username: string, password = PASSWORD) =>
  tokensOf(await functions.ask('login', { body: { username, password } }))

export const refresh = (functions: Functions, refreshToken: string) =>
  functions.ask('refresh', { body: { refreshToken } })

/** Adds a session in a cookie to the table, and returns its first refresh token. */
export async function addSession(
  { table }: Pick<Operator, 'table'>,
  username: string,
  now = new Date(),
): Promise<string> {
  const user = await findUserByName(table, username)
  if (user === undefined) throw new Error(`there is no user ${username}`)
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const start = { amr: 'pwd', inCookie: true, origin, lifetimes } as const
  const { session, refreshToken } = startSession(user, start, now, random)
  await storeSession(table, session)
  return refreshToken
}

/** Begins a session as a login does, without the cost of a password hash. */
export const begin = async (stores: Pick<Operator, 'table'>, functions: Functions, username: string) =>
  tokensOf(await refresh(functions, await addSession(stores, username)))

/** Returns the number of sessions of a user that have not ended. */
export async function countLiveSessions(
  { table }: Pick<Operator, 'table'>,
  username: string,
): Promise<number> {
  const user = await findUserByName(table, username)
  if (user === undefined) return 0
  const { sessions } = await findSessions(table, user.id)
  return sessions.filter((session) => isLive(session, user, new Date())).length
}

/** Returns the user id, the session id and the secret of a refresh token. */
export const partsOf = readRefreshToken
