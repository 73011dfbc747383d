import { createHash } from 'node:crypto'
import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import { type ClaimedAttributes, claimedAttributes } from '../../lib/application/attributes.ts'
import type { Role } from '../../lib/application/roles.ts'
import { completeEvent } from '../../local/sample-events.ts'

/** Who calls a route in a test. */
export interface Caller {
  role: Role
  /**
   * `ada` by default. The user's id depends on nothing else, so that two events of a user have the same one.
   */
  username?: string
  /** Attributes with a claim, as `principalOf` returns them. One that is missing has its default in `auth.config.ts`. */
  attributes?: Partial<ClaimedAttributes>
}

/** What a test sends. */
export interface TestRequest {
  /** Method and path as in `serverless.yml`, such as `GET /notes/{id}`; `GET /` by default. */
  route?: string
  /** Values of `{…}` in the path. */
  parameters?: Record<string, string>
  /** Values of the query. */
  query?: Record<string, string>
  headers?: Record<string, string>
  /** A JSON value, or the body as it is sent. */
  body?: object | string
}

const USER_ID_BYTES = 16

/**
 * Returns the event of a protected route, as API Gateway sends it after the authorizer has verified the caller's token. `principalOf` takes
 * it.
 *
 * @example
 * const response = await handler(callerEvent({ role: 'editor' }, { route: 'POST /notes', body: { text: 'Milk' } }), lambdaContext())
 */
export function callerEvent(
  { role, username = 'ada', attributes }: Caller,
  { route = 'GET /', query, headers, ...request }: TestRequest = {},
): APIGatewayProxyEvent {
  const event = completeEvent({
    ...request,
    route,
    caller: username,
    headers: { Authorization: 'Bearer test', ...headers },
  }) as APIGatewayProxyEvent
  const userId = createHash('sha256')
    .update(username)
    .digest()
    .subarray(0, USER_ID_BYTES)
    .toString('base64url')
  const caller = { principalId: userId, userId, username, role, generation: '1' }
  const all = { ...claimedAttributes({}), ...attributes }
  return {
    ...event,
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query
      ? Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]]))
      : null,
    requestContext: {
      ...event.requestContext,
      authorizer: {
        ...event.requestContext.authorizer,
        ...caller,
        ...(Object.keys(all).length > 0 && { attributes: JSON.stringify(all) }),
      },
    },
  }
}

/** Returns the context of an invocation that has this much time left. */
export const lambdaContext = (remainingMs = 5_000): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'test',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:test',
  memoryLimitInMB: '512',
  awsRequestId: '3c5f1f2e-8a54-4d5e-9a0b-0f5c3d2e1a00',
  logGroupName: '/aws/lambda/test',
  logStreamName: '2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef',
  getRemainingTimeInMillis: () => remainingMs,
  done() {},
  fail() {},
  succeed() {},
})
