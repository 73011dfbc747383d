import type { Resource } from './aws.ts'

/** What API Gateway sends when it answers by itself. */
export interface GatewayAnswer {
  status: number | undefined
  headers: Record<string, string>
  body: string
}

/**
 * Reads the answers that the deployed gateway would give from the very resources that are deployed.
 *
 * @param resources - Those of type `AWS::ApiGateway::GatewayResponse` count. Header values must be static text in
 *   single quotes, and there must be a template for `application/json`.
 * @returns Answers by response type. `status` is undefined where the gateway keeps its own.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
export function gatewayAnswers(resources: readonly Resource[]): ReadonlyMap<string, GatewayAnswer> {
  const responses = resources.filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
  return new Map(
    responses.map(({ Properties }) => {
      const { ResponseType, StatusCode, ResponseParameters, ResponseTemplates } = Properties as unknown as {
        ResponseType: string
        StatusCode?: string
        ResponseParameters: Record<string, string>
        ResponseTemplates: { 'application/json': string }
      }
      const headers = Object.entries(ResponseParameters).map(([name, value]) => [
        name.replace('gatewayresponse.header.', ''),
        value.replace(/^'(.*)'$/, '$1'),
      ])
      const status = StatusCode === undefined ? undefined : Number(StatusCode)
      const body = ResponseTemplates['application/json']
      return [ResponseType, { status, headers: Object.fromEntries(headers), body }]
    }),
  )
}

/** A route's `cors`, as the framework has it. */
export interface Cors {
  /** Origins with commas between, or `*`. */
  origin: string
  headers: string[]
  maxAge: number
  cacheControl: string
}

/**
 * What the method OPTIONS, which the framework makes out of `cors`, answers to a preflight. To an origin that is not
 * listed it names the first one that is, which a browser takes for a no.
 *
 * @param methods - That the path has.
 * @param origin - Of the page that asks.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 */
export function preflightAnswer(
  { origin: allowed, headers, maxAge, cacheControl }: Cors,
  methods: readonly string[],
  origin: string | undefined,
): GatewayAnswer {
  const origins = allowed.split(',')
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': origins.find((one) => one === origin) ?? String(origins[0]),
      'Access-Control-Allow-Headers': headers.join(','),
      'Access-Control-Allow-Methods': ['OPTIONS', ...methods].join(','),
      'Access-Control-Max-Age': String(maxAge),
      'Cache-Control': cacheControl,
    },
    body: '',
  }
}

interface Statement {
  Effect: string
  Action: string | string[]
  Resource: string | string[]
}

/**
 * Whether a policy lets a method be called: some statement allows it, and none denies it.
 *
 * @param statements - As an authorizer returns them; `*` and `?` match as in IAM, across slashes.
 * @param methodArn - The method that is called.
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

/** What of an authorizer's answer reaches the handler. */
export interface Authorization {
  principalId: string
  context: Record<string, string>
  statements: readonly Statement[]
}

/**
 * Reads an authorizer's answer as API Gateway does: context values become strings, and nothing but strings, numbers
 * and booleans may be in there.
 *
 * @returns `undefined` if API Gateway would call it misconfigured.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function readAuthorization(answer: unknown): Authorization | undefined {
  const { principalId, policyDocument, context = {} } = Object(answer)
  const statements = policyDocument?.Statement
  const values = Object.values(Object(context))
  const isFlat = values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
  if (typeof principalId !== 'string' || !Array.isArray(statements) || !isFlat) return undefined
  const strings = Object.entries(context).map(([name, value]) => [name, String(value)])
  return { principalId, context: Object.fromEntries(strings), statements }
}

/**
 * Keeps authorizations as API Gateway does: by the token alone, for every route, until their time is over.
 *
 * @param ttlSeconds - The authorizer's `resultTtlInSeconds`; 0 keeps nothing.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export function authorizationCache(ttlSeconds: number) {
  const kept = new Map<string, { authorization: Authorization; untilMs: number }>()
  return {
    find(token: string, now: Date): Authorization | undefined {
      const entry = kept.get(token)
      return entry !== undefined && now.getTime() < entry.untilMs ? entry.authorization : undefined
    },
    keep(token: string, authorization: Authorization, now: Date): void {
      kept.set(token, { authorization, untilMs: now.getTime() + ttlSeconds * 1000 })
    },
  }
}
