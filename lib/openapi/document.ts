import type { APIGatewayProxyEvent } from 'aws-lambda'
import { headerOf } from '../http/headers.ts'
import { HEADERS, headerRefs, PAGE_HEADERS, SHARED_HEADERS } from './headers.ts'
import { PAGE_ROUTES } from './pages.ts'
import { problemRefs, problemResponses } from './responses.ts'
import { PAGE_TAGS, ROUTES, type Route, TAGS } from './routes.ts'
import { requestRef, SCHEMAS } from './schemas.ts'

/**
 * The URL that a client reaches the service at, from the request for its description.
 *
 * The path in the request context is the one that the client wrote: with the stage in front at the API's own address,
 * with the base path of a custom domain, or with nothing. `path` itself lacks the stage.
 *
 * @param event - As REST API Gateway sends it. It sets `X-Forwarded-Proto`; locally nobody does.
 * @returns Scheme, host and path, without a slash at the end.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export function serverUrlOf({ headers, requestContext }: APIGatewayProxyEvent): string {
  const scheme = headerOf(headers, 'x-forwarded-proto') === 'https' ? 'https' : 'http'
  const base = requestContext.path.replace(/\/openapi\.json\/?$/, '')
  return `${scheme}://${headerOf(headers, 'host')}${base}`
}

/**
 * Describes the whole API as OpenAPI 3.1: the request schemas are those that requests are checked with, the problems
 * those of `lib/errors.ts`.
 *
 * @param serverUrl - See {@link serverUrlOf}.
 * @param hasPages - Whether the pages are switched on.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function describeApi(serverUrl: string, hasPages: boolean) {
  const routes = hasPages ? [...ROUTES, ...PAGE_ROUTES] : ROUTES
  const tags = hasPages ? { ...TAGS, ...PAGE_TAGS } : TAGS
  return {
    openapi: '3.1.0',
    info: {
      title: 'serverless-jwt-auth',
      version: '0.1.0',
      summary: 'Sign-in for a small API: JSON Web Tokens on AWS Lambda.',
      description:
        'Every error is an RFC 9457 problem. Sign in with `POST /login`, and send the `authToken` as `Authorization: Bearer …`. The demo users, `user` and `admin`, exist on a developer’s machine only.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl, description: 'Where this description came from.' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths: pathsOf(routes),
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `authToken` of `POST /login` or `POST /refresh`.',
        },
      },
      headers: hasPages ? { ...HEADERS, ...PAGE_HEADERS } : HEADERS,
      responses: problemResponses(routes),
      schemas: SCHEMAS,
    },
  }
}

function pathsOf(routes: readonly Route[]) {
  const paths: Record<string, Record<string, ReturnType<typeof operationOf>>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) }
  }
  return paths
}

function operationOf(route: Route) {
  const { operationId, tag, summary, description, isProtected, parameters, body, answer } = route
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: isProtected ? [{ accessToken: [] }] : [],
    ...(parameters && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: requestRef(body.schema), examples: body.examples } },
      },
    }),
    responses: { [answer.status]: answerOf(answer), ...problemRefs(route) },
  }
}

function answerOf({ description, headers = {}, content }: Route['answer']) {
  const all = headerRefs({ 'Cache-Control': 'NoStore', ...SHARED_HEADERS, ...headers })
  return { description, headers: all, ...(content && { content }) }
}
