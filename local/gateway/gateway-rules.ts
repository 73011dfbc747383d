import { isOfApi } from '../../project/own-api.ts'
import type { Resources } from '../aws.ts'

/** A response that API Gateway makes without a function. */
export interface GatewayResponse {
  status: number | undefined
  headers: Record<string, string>
  body: string
}

/**
 * Reads the deployed gateway's responses from the resources that are deployed.
 *
 * @param resources - Only those of type `AWS::ApiGateway::GatewayResponse` and of the API are read. Header values must be static text
 *   in single quotes or the name of a request header. One without a template for `application/json` has API Gateway's own body.
 * @returns Responses by response type. `status` is undefined where the gateway's own status stays.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
export function gatewayResponses(resources: Resources): ReadonlyMap<string, GatewayResponse> {
  const deployed = Object.values(resources).filter(
    (one) => one.Type === 'AWS::ApiGateway::GatewayResponse' && isOfApi(one),
  )
  return new Map(
    deployed.map(({ Properties }) => {
      const {
        ResponseType,
        StatusCode,
        ResponseParameters = {},
        ResponseTemplates,
      } = Properties as unknown as {
        ResponseType: string
        StatusCode?: string
        ResponseParameters?: Record<string, unknown>
        ResponseTemplates?: { 'application/json'?: string }
      }
      const headers = Object.entries(ResponseParameters).map(([name, value]) => [
        name.replace('gatewayresponse.header.', ''),
        String(value).replace(/^'(.*)'$/, '$1'),
      ])
      const status = StatusCode === undefined ? undefined : Number(StatusCode)
      const own = { 'Content-Type': 'application/json', ...Object.fromEntries(headers) }
      const body = ResponseTemplates?.['application/json'] ?? '{"message":null}'
      return [ResponseType, { status, headers: own, body }]
    }),
  )
}

const REQUEST_HEADER = /^method\.request\.header\.(.+)$/

/**
 * Returns a gateway response with the values of request headers in place of their names. A header that the request does
 * not have is left out.
 *
 * @param requestHeaders - By name in lower case.
 */
export function filledIn(
  response: GatewayResponse,
  requestHeaders: Readonly<Record<string, string | undefined>>,
): GatewayResponse {
  const headers = Object.entries(response.headers).flatMap(([name, value]) => {
    const [, mapped] = REQUEST_HEADER.exec(value) ?? []
    const sent = mapped === undefined ? value : requestHeaders[mapped.toLowerCase()]
    return sent === undefined ? [] : [[name, sent]]
  })
  return { ...response, headers: Object.fromEntries(headers) }
}

/** A route's `cors`, in the framework's form. */
export type Cors = true | Partial<CorsSettings>

interface CorsSettings {
  /** Origins separated by commas, or `*`. */
  origin: string
  /** In place of `origin`. A `*` in an origin stands for any text. */
  origins: string[]
  headers: string | string[]
  /** Whether a page may send cookies. */
  allowCredentials: boolean
  maxAge: number
  cacheControl: string
}

/** Headers that a page may send if `cors` names none. */
const CORS_HEADERS = [
  'Content-Type',
  'X-Amz-Date',
  'Authorization',
  'X-Api-Key',
  'X-Amz-Security-Token',
  'X-Amz-User-Agent',
  'X-Amzn-Trace-Id',
]

/** What the framework writes for the method `ANY`. */
const ANY = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']

/**
 * Returns the response to a preflight, as the framework's OPTIONS method gives it. An origin that is not listed gets
 * the first listed one, and so the browser blocks the request.
 *
 * @param methods - Methods of the path; `ANY` stands for all.
 * @param origin - Origin of the page that makes the request.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export function preflightResponse(
  cors: Cors,
  methods: readonly string[],
  origin: string | undefined,
): GatewayResponse {
  const settings: Partial<CorsSettings> = cors === true ? {} : cors
  const { headers = CORS_HEADERS, allowCredentials, maxAge, cacheControl } = settings
  const origins = settings.origins ?? (settings.origin ?? '*').split(',').map((one) => one.trim())
  const isListed = origin !== undefined && origins.some((one) => one !== '*' && matches(one, origin))
  const named = methods.flatMap((method) => (method === 'ANY' ? ANY : method))
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': isListed ? origin : String(origins[0]),
      'Access-Control-Allow-Headers': [headers].flat().join(','),
      'Access-Control-Allow-Methods': ['OPTIONS', ...named].join(','),
      ...(allowCredentials && { 'Access-Control-Allow-Credentials': 'true' }),
      ...(maxAge && { 'Access-Control-Max-Age': String(maxAge) }),
      ...(cacheControl && { 'Cache-Control': cacheControl }),
    },
    body: '',
  }
}

/**
 * Returns the headers of a function's response as a REST API sends them: it renames `WWW-Authenticate`. Its own responses
 * keep theirs.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export const remapped = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      /^www-authenticate$/i.test(name) ? `x-amzn-Remapped-${name}` : name,
      value,
    ]),
  )

interface Statement {
  Effect: string
  Action: string | string[]
  Resource: string | string[]
}

/**
 * Returns whether a policy allows a call: at least one statement allows the method, and no statement denies it.
 *
 * @param statements - Statements of an authorizer. `*` and `?` match as in IAM, across slashes.
 * @param methodArn - ARN of the method that the client calls.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function allows(statements: readonly Statement[], methodArn: string): boolean {
  const matching = statements.filter(
    ({ Action, Resource }) =>
      [Action].flat().some((pattern) => matches(pattern.toLowerCase(), 'execute-api:invoke')) &&
      [Resource].flat().some((pattern) => matches(pattern, methodArn)),
  )
  return (
    matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => Effect === 'Deny')
  )
}

function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

/** The part of an authorizer's result that reaches the handler. */
export interface Authorization {
  principalId: string
  context: Record<string, string>
  statements: readonly Statement[]
}

/**
 * Reads an authorizer's result as API Gateway does: context values become strings. Only strings, numbers and booleans
 * are allowed there.
 *
 * @returns The authorization, or `undefined` if API Gateway would report a misconfigured authorizer.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function readAuthorization(result: unknown): Authorization | undefined {
  const { principalId, policyDocument, context = {} } = Object(result)
  const statements = policyDocument?.Statement
  const values = Object.values(Object(context))
  const isFlat = values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
  if (typeof principalId !== 'string' || !Array.isArray(statements) || !isFlat) return undefined
  const strings = Object.entries(context).map(([name, value]) => [name, String(value)])
  return { principalId, context: Object.fromEntries(strings), statements }
}

/**
 * Creates a cache of results of an authorizer that works as API Gateway's. A REST API has only the token as key, for every route.
 *
 * @param ttlSeconds - The authorizer's `resultTtlInSeconds`. With 0 nothing is cached.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export function authorizationCache<Result = Authorization>(ttlSeconds: number) {
  const entries = new Map<string, { result: Result; untilMs: number }>()
  return {
    find(key: string, now: Date): Result | undefined {
      const entry = entries.get(key)
      return entry !== undefined && now.getTime() < entry.untilMs ? entry.result : undefined
    },
    store(key: string, result: Result, now: Date): void {
      entries.set(key, { result, untilMs: now.getTime() + ttlSeconds * 1000 })
    },
  }
}

/**
 * Makes the context of an authorizer for serverless-offline, which writes what it reads in the token into
 * `claims` and `scopes`. API Gateway has only the context, so a handler that reads them would fail there.
 */
export function withoutClaims(given: object | undefined): object {
  const context: Record<string, unknown> = { ...given }
  for (const name of ['claims', 'scopes']) {
    const { [name]: value } = context
    Object.defineProperty(context, name, {
      get: () => value,
      set() {},
      enumerable: value !== undefined,
    })
  }
  return context
}
