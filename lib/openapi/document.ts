import { HEADERS, headerRefs, OAUTH_HEADERS, PAGE_HEADERS, SHARED_HEADERS } from './headers.ts'
import { json } from './json-schema.ts'
import { ownRoutesOf } from './own-routes.ts'
import { PAGE_ROUTES } from './pages.ts'
import { WITH_PROOFS } from './problems/schemas.ts'
import { requestSchemas, withProofs } from './requests.ts'
import { problemRefs, problemResponses } from './responses.ts'
import {
  type BodyExample,
  type Feature,
  operationIdOf,
  PAGE_TAGS,
  type Route,
  statusOf,
  TAGS,
} from './route.ts'
import { ROUTES } from './routes.ts'
import { RESPONSES, schemaRef } from './schemas.ts'

/** Routes that only a feature brings into the description, and the schemas and headers of their responses. */
interface Addition {
  routes: readonly Route[]
  /** Returns what it makes of each route. */
  change?: (route: Route) => Route
  schemas: Readonly<Record<string, object>>
  headers: Readonly<Record<string, object>>
}

/** The description without an addition. */
const NOTHING: Addition = { routes: [], schemas: {}, headers: {} }

/** Returns the schemas of requests and responses, by name. */
export const schemasOf = (
  { routes, schemas }: Addition = NOTHING,
  features: readonly Feature[] = [],
): Record<string, object> => ({
  ...requestSchemas([...ROUTES, ...routes].map(changesWith(features))),
  ...RESPONSES,
  ...(features.includes('mailSignIn') && WITH_PROOFS),
  ...schemas,
})

/** What a description has beside the features. */
interface Description {
  /** The setting `OWN_ROUTES`. */
  own?: readonly string[]
  title?: string
  more?: Addition
}

/**
 * Describes the whole API as OpenAPI 3.1.
 *
 * It uses the schemas that validate requests, and the problems of `lib/errors.ts`.
 *
 * @param serverUrl - The result of `serverUrlOf` in `lib/http/headers.ts`.
 * @param features - The features that are switched on.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function describeApi(
  serverUrl: string,
  features: readonly Feature[],
  { own = [], title = 'serverless-jwt-auth', more = NOTHING }: Description = {},
) {
  const routes = routesWith(features, [...ROUTES, ...more.routes, ...PAGE_ROUTES], own).map(
    more.change ?? ((route) => route),
  )
  const tags = Object.entries({ ...TAGS, ...PAGE_TAGS }).filter(([name]) =>
    routes.some(({ tag = 'Content' }) => tag === name),
  )
  const parts = { paths: pathsOf(routes), responses: problemResponses(routes) }
  const text = JSON.stringify(parts)
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '0.1.0',
      summary: 'Sign-in for a small API: JSON Web Tokens on AWS Lambda.',
      description: `Sign in with \`POST /login\`, and send the \`authToken\` as \`Authorization: Bearer …\`. Every error is an RFC 9457 problem.${features.includes('demo') ? DEMO_USERS : ''}`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl, description: 'The service that sent this description.' }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths: parts.paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      headers: headersIn(text, more.headers),
      responses: parts.responses,
      schemas: schemasIn(text, schemasOf(more, features)),
    },
  }
}

const DEMO_USERS =
  ' Demo users exist only on a local service: one for each role, with the role as name and password.'

const SECURITY_SCHEMES = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `authToken` from `POST /login` or `POST /refresh`.',
  },
  sessionCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-refresh',
    description:
      'The refresh token of a sign-in with `"session":"cookie"`. Browsers send it. The service takes it from pages of its own origin, and of allowed origins on the same site.',
  },
}

/** Returns the routes that a service with these features has, each with what they add to it. */
function routesWith(features: readonly Feature[], rows: readonly Route[], own: readonly string[]): Route[] {
  const described = rows.filter(({ needs = [] }) =>
    [needs].flat().every((feature) => features.includes(feature)),
  )
  return [...described, ...ownRoutesOf(own, described)]
    .map(changesWith(features))
    .map((route) => (features.includes('scopes') && route.isProtected === true ? forClients(route) : route))
    .map((route) => (features.includes('demo') ? route : withoutDemo(route)))
}

/** Returns what the features make of routes that change an account. */
const changesWith = (features: readonly Feature[]) =>
  features.includes('mailSignIn') ? withProofs : (route: Route) => route

/** Returns a route without the examples that sign in with demo users. */
function withoutDemo(route: Route): Route {
  if (route.body === undefined) return route
  const examples = Object.entries(route.body.examples).filter(([, { isDemo }]) => !isDemo)
  return { ...route, body: { ...route.body, examples: Object.fromEntries(examples) } }
}

/** Returns the examples of a request body in the form of the description, if there are any. */
function examplesOf(examples: Record<string, BodyExample>) {
  const shown = Object.entries(examples).map(([name, { summary, value }]) => [name, { summary, value }])
  return shown.length > 0 && { examples: Object.fromEntries(shown) }
}

/** Returns a protected route of a service that has routes for clients: the gateway refuses clients at all others. */
const forClients = (route: Route): Route => ({
  ...route,
  problems: [...(route.problems ?? []), 'forbidden'],
})

/** Returns the schemas that a part of the description refers to in JSON, and those that they refer to. */
function schemasIn(part: string, schemas: Readonly<Record<string, object>>): Record<string, object> {
  const used = new Set<string>()
  const add = (text: string) => {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      add(JSON.stringify(schemas[name]))
    }
  }
  add(part)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
}

/** Returns the headers that a part of the description refers to in JSON. */
function headersIn(part: string, more: Addition['headers']): Record<string, object> {
  return Object.fromEntries(
    Object.entries({ ...HEADERS, ...PAGE_HEADERS, ...OAUTH_HEADERS, ...more }).filter(([name]) =>
      part.includes(`"#/components/headers/${name}"`),
    ),
  )
}

function pathsOf(routes: readonly Route[]) {
  const paths: Record<string, Record<string, ReturnType<typeof operationOf>>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) }
  }
  return paths
}

function operationOf(route: Route) {
  const { tag = 'Content', summary, description, parameters, body, form } = route
  return {
    operationId: operationIdOf(route),
    tags: [tag],
    summary,
    ...(description && { description }),
    security: securityOf(route),
    ...(parameters && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${body.name}` },
            ...examplesOf(body.examples),
          },
        },
      },
    }),
    ...(form && {
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': form } },
    }),
    responses: {
      [statusOf(route)]: responseOf(route),
      ...(route.hasClientErrors && clientErrors()),
      ...problemRefs(route),
    },
  }
}

/** Returns the responses to the errors of a client. */
const clientErrors = () =>
  Object.fromEntries(
    [
      [400, 'The request is invalid.', { error: 'invalid_grant' }] as const,
      [401, 'The client is unknown, or its secret is wrong.', { error: 'invalid_client' }] as const,
    ].map(([status, description, example]) => [
      status,
      {
        description,
        headers: headerRefs({
          'Cache-Control': 'NoStore',
          ...SHARED_HEADERS,
          ...(status === 401 && { 'x-amzn-Remapped-WWW-Authenticate': 'ClientChallenge' }),
        }),
        content: json(schemaRef('ClientError'), { ...example, error_description: description }),
      },
    ]),
  )

/** Returns the security of a route. The cookie is one way to show a refresh token; the body is the other. */
function securityOf({ isProtected, cookie, takesToken }: Route): object[] {
  if (isProtected) return [{ accessToken: [] }]
  const both = takesToken ? [{ sessionCookie: [], accessToken: [] }] : []
  if (cookie === 'needs') return [{ sessionCookie: [] }, ...both]
  return cookie === 'takes' ? [{}, { sessionCookie: [] }] : []
}

function responseOf({ response, cookie, isOwn }: Route) {
  const { description = 'The request succeeded.', headers = {}, content } = response
  if (isOwn) return { description }
  const own = cookie && cookie !== 'needs' ? { 'Set-Cookie': 'SessionCookie', ...headers } : headers
  const all = headerRefs({ 'Cache-Control': 'NoStore', ...SHARED_HEADERS, ...own } as typeof headers)
  return { description, headers: all, ...(content && { content }) }
}
