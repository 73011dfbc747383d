import { randomUUID } from 'node:crypto'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import type { MailEvent } from '../../../lib/mail/event.ts'
import type { LocalAws } from '../../../local/aws.ts'
import { type Authorization, readAuthorization, remapped } from '../../../local/gateway/gateway-rules.ts'
import type { ServiceDescription } from '../process/service-description.ts'
import { loadHandlers, warmHandlers } from './handlers.ts'
import { sampleEvent } from './lambda.ts'

/** A client's request. */
export interface Asking {
  /** A form, or what becomes JSON. */
  body?: object | URLSearchParams
  /** Access token. With one, the authorizer is called first. */
  token?: string
  /** What API Gateway kept of the authorizer's result. With this, the authorizer is not called. */
  authorization?: Record<string, string>
  /** Fills `{id}`. */
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

/** Routes that many tests call. */
const ROUTES = {
  login: 'POST /login',
  refresh: 'POST /refresh',
  logout: 'POST /logout',
  sessions: 'GET /sessions',
  'end-session': 'DELETE /sessions/{id}',
  'revoke-app': 'DELETE /apps/{id}',
  password: 'PUT /password',
  me: 'GET /me',
  'delete-me': 'DELETE /me',
  register: 'POST /register',
  'new-account': 'POST /register/confirm',
  forgot: 'POST /password/forgot',
  reset: 'POST /password/reset',
  'change-email': 'PUT /email',
  'confirm-email': 'POST /email/confirm',
  'confirm-totp': 'POST /factors/totp/confirm',
  'enrol-totp': 'POST /enrolment/totp/confirm',
  'user-content': 'GET /',
  jwks: 'GET /.well-known/jwks.json',
  metadata: 'GET /.well-known/openid-configuration',
  userinfo: 'GET /userinfo',
  approve: 'POST /oauth2/approve',
  token: 'POST /oauth2/token',
} as const

/** A route by its name, or by method and path, such as `POST /login/totp`. */
export type Route = string

/** Functions with one environment. */
export interface Functions {
  /** Sends a request. Compares the response with the API description. */
  ask(route: Route, asking?: Asking): Promise<ApiResponse>
  /**
   * Invokes the mailer, as Lambda does.
   *
   * @param awsRequestId - The same for all attempts of one event.
   */
  mail(event: MailEvent, awsRequestId?: string): Promise<void>
  /** Returns whether the authorizer accepts an access token. */
  opens(token: string): Promise<boolean>
  /** Calls the authorizer, as API Gateway does. Throws what it throws. */
  authorize(token: string): Promise<Authorization>
}

/** How functions are loaded. */
export interface Loading {
  /** URL of a proxy in front of AWS. */
  url?: string
  /** Time that each invocation has. The default is that of `serverless.yml`. */
  remainingMs?: number
  /** Tests with a cold start for each case load only what they call, each function in modules of its own. */
  when?: 'now' | 'when called'
}

const TEMPLATE = sampleEvent('refresh')

/** Loads the functions with routes, the authorizer and the mailer from their sources in fresh modules, as cold starts do. */
export async function loadFunctions(
  service: ServiceDescription,
  { settings }: Pick<LocalAws, 'settings'>,
  { url, remainingMs = 5_000, when = 'now' }: Loading = {},
): Promise<Functions> {
  // Loaded with the first functions: tests that only start stores do not compile the API description.
  const { expectDescribed } = await import('../../http/openapi/check.ts')
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context
  const to = url === undefined ? undefined : new URL(url)
  const endpoints = to ? { dynamodb: to, kms: to, lambda: to, ses: to } : settings.endpoints
  const aws = { settings: { ...settings, endpoints } } as LocalAws
  const keyOf = keysByRoute(service)
  const keys = [...new Set(['authorizer', 'mailer', ...keyOf.values()])].filter(
    (key) => !/pages|docs|signin|openapi/.test(String(service.functions[key]?.handler)),
  )
  const cold = warmHandlers(service, aws)
  const warm = when === 'now' ? await loadHandlers(service, keys, aws) : undefined
  const invoke = async (key: string, event: object, given: Context) => {
    const handler = warm ? warm.get(key) : await cold(key)
    if (handler === undefined) throw new Error(`no function ${key}`)
    return handler(event, given)
  }

  async function authorize(token: string): Promise<Authorization> {
    const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev/GET/'
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn }
    const authorization = readAuthorization(await invoke('authorizer', event, context))
    if (authorization === undefined) throw new Error('the authorizer returned an invalid policy')
    return authorization
  }

  return {
    async ask(asked, { token, authorization, ...asking } = {}) {
      const route: string = asked in ROUTES ? ROUTES[asked as keyof typeof ROUTES] : asked
      const shared = keyOf.has(route) ? undefined : sharedBy(route, keyOf)
      const key = keyOf.get(shared?.name ?? route)
      if (key === undefined) throw new Error(`serverless.yml has no route ${route}`)
      let authorizer = authorization
      try {
        if (token !== undefined) authorizer = (await authorize(token)).context
      } catch (error) {
        // The gateway responses UNAUTHORIZED and AUTHORIZER_FAILURE of plugins/resources/gateway-responses.yml.
        const isUnauthorized = (error as Error).message === 'Unauthorized'
        return isUnauthorized
          ? { status: 401, headers: {}, text: '' }
          : { status: 503, headers: { 'Retry-After': '5' }, text: '' }
      }
      const event = { ...eventOf(route, asking, authorizer), ...shared?.changes }
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
    authorize,
  }
}

/** Returns the key of the function of each route. */
const keysByRoute = ({ functions }: ServiceDescription): Map<string, string> =>
  new Map(
    Object.entries(functions).flatMap(([key, { events = [] }]) =>
      events.map(
        ({ http }) => [`${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`, key] as const,
      ),
    ),
  )

/**
 * Returns the route with parameters that a request such as `POST /login/totp` is for at the gateway, and what its event has of them. Below
 * `/admin-api`, a request has the ids in its path.
 */
function sharedBy(route: string, keyOf: ReadonlyMap<string, string>) {
  for (const name of keyOf.keys()) {
    const pattern = name.replace(
      /\{(\w+)(\+?)\}/g,
      (_, parameter, plus) => `(?<${parameter}>${plus ? '.' : '[^/{]'}+)`,
    )
    const { groups } = route.match(new RegExp(`^${pattern}$`)) ?? {}
    const [, resource = ''] = name.split(' ')
    if (groups) return { name, changes: { resource, pathParameters: { ...groups } } }
  }
  return undefined
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
