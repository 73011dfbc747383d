import { type Invocation, invokeFunction } from '../lambda/lambda-socket.ts'
import { invokeWithNotes, type Notes } from '../request-log.ts'
import {
  type Authorization,
  allows,
  authorizationCache,
  readAuthorization,
  withoutClaims,
} from './gateway-rules.ts'
import type { Request } from './hapi.d.ts'

/** An authorizer of type `TOKEN`, as `serverless.yml` has it. */
export interface AuthorizerSettings {
  name: string
  identityValidationExpression: string
  resultTtlInSeconds: number
}

/** What an authorizer of either API needs of the gateway. */
export interface Authorizing {
  region: string
  stage: string
  /** Path of the Unix socket that the Lambda API listens on. */
  lambdaSocket: string
  /** Returns the deployed name of a function, by its key in `serverless.yml`. */
  functionName(key: string): string
}

const caches = new Map<string, ReturnType<typeof authorizationCache<Authorization>>>()

/**
 * Authorizes a request to the REST API.
 *
 * @returns The credentials of the request, or the type of the gateway's response.
 */
export async function authorize(
  authorizer: AuthorizerSettings,
  request: Request,
  gateway: Authorizing,
  notes: Notes,
): Promise<object | string> {
  const { authorization: header } = request.headers
  if (header === undefined || !new RegExp(authorizer.identityValidationExpression).test(header)) {
    notes.push(header === undefined ? 'no Authorization header' : 'Authorization is not "Bearer <JWT>"')
    return 'UNAUTHORIZED'
  }
  const { region, stage } = gateway
  const method = request.method.toUpperCase()
  const methodArn = `arn:aws:execute-api:${region}:123456789012:local/${stage}/${method}${request.path}`
  const authorization =
    cacheOf(authorizer).find(header, new Date()) ??
    (await runAuthorizer(authorizer, { header, methodArn }, gateway, notes))
  if (typeof authorization === 'string') return authorization
  if (!allows(authorization.statements, methodArn)) {
    notes.push('denied by the policy of the token')
    return 'ACCESS_DENIED'
  }
  return { ...authorization, context: withoutClaims(authorization.context) }
}

function cacheOf({ name, resultTtlInSeconds }: AuthorizerSettings) {
  const cache = caches.get(name) ?? authorizationCache(resultTtlInSeconds)
  caches.set(name, cache)
  return cache
}

/** @returns The authorization, which is cached from now on, or the type of the gateway's response. */
async function runAuthorizer(
  authorizer: AuthorizerSettings,
  { header, methodArn }: { header: string; methodArn: string },
  { lambdaSocket, functionName }: Authorizing,
  notes: Notes,
) {
  const name = functionName(authorizer.name)
  const event = { type: 'TOKEN', authorizationToken: header, methodArn }
  const { isReturned, payload } = await invokeWithNotes<Invocation>(event, notes, (withId) =>
    invokeFunction(lambdaSocket, name, withId),
  )
  if (!isReturned) {
    return payload.includes('"errorMessage":"Unauthorized"') ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE'
  }
  const authorization = readAuthorization(JSON.parse(payload))
  if (authorization === undefined) return 'AUTHORIZER_CONFIGURATION_ERROR'
  cacheOf(authorizer).store(header, authorization, new Date())
  return authorization
}
