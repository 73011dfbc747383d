import type { WrittenFunction } from '../framework.d.ts'

/** Methods of a REST API. A wildcard in their place would also match the beginning of a path. */
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/** A route of a function. */
export interface Route {
  method: string
  /** Segments of the path. */
  path: string[]
  /** Whether an authorizer decides about its callers. */
  isProtected: boolean
}

/** Returns the events of a function. The framework takes an empty member for none, and refuses another that is no list. */
export const eventsOf = ({
  events,
}: Pick<WrittenFunction, 'events'>): NonNullable<WrittenFunction['events']> =>
  Array.isArray(events) ? events.filter((event) => event !== null) : []

/** Returns the routes of a function. */
export const routesOf = (definition: Pick<WrittenFunction, 'events'>): Route[] =>
  eventsOf(definition).flatMap(({ http }) => {
    if (http === undefined) return []
    const [method, path] =
      typeof http === 'string' ? http.split(' ') : [Object(http).method, Object(http).path]
    const text = String(path ?? '').replace(/^\/|\/$/g, '')
    return [
      {
        method: String(method).toUpperCase().replace('*', 'ANY'),
        path: text === '' ? [] : text.split('/'),
        isProtected: Object(http).authorizer !== undefined,
      },
    ]
  })

/** Returns a route as texts name it, such as `GET /admin`. */
export const shown = ({ method, path }: Route): string => `${method} /${path.join('/')}`

/** Returns a function as texts name it: also whose it is, if the project cannot change it. */
export const named = (key: string, brought: object): string =>
  Object.hasOwn(brought, key) ? `${key} of serverless-jwt-auth` : `function ${key}`

/** Returns what a user does about a route that matches one of a function. */
export const adviceFor = (key: string, brought: object, what: 'role' | 'scopes' | 'actAs'): string =>
  Object.hasOwn(brought, key) ? 'Give yours another path.' : `Give ${key} the same ${what}, or another path.`

/** Whether an event is a route with `authorizer: auth`. */
export const hasAuth = (event: { http?: unknown; httpApi?: unknown } | null): boolean =>
  Object(event?.http).authorizer === 'auth' || isAuth(Object(event?.httpApi).authorizer)

/** At an HTTP API an authorizer is a name, or an object with one. */
const isAuth = (authorizer: unknown): boolean => (Object(authorizer).name ?? authorizer) === 'auth'

/** Returns an event as the framework reads it. Another plugin may change it, and not what was written. */
export function withAuthorizer(event: { http?: unknown; httpApi?: unknown }, authorizer: unknown) {
  if (!hasAuth(event)) return event
  const { http, ...others } = event
  return structuredClone(http === undefined ? others : { ...others, http: { ...Object(http), authorizer } })
}

/** Whether a function has a route without `authorizer: auth`. */
export const hasOpenRoute = (definition: WrittenFunction): boolean =>
  eventsOf(definition).some(
    (event) => (event.http !== undefined || event.httpApi !== undefined) && !hasAuth(event),
  )

/** Entries of a function for others than REST and HTTP APIs, which have other authorizers. */
const OTHER_ENTRIES = ['websocket', 'alb']

/** Returns the name of an entry of a function that neither a REST API nor an HTTP API has, such as `alb`. */
export const otherEntryOf = (definition: WrittenFunction): string | undefined =>
  OTHER_ENTRIES.find((name) => eventsOf(definition).some((event) => event[name] !== undefined)) ??
  (definition.url ? 'url' : undefined)

/** Returns the methods that a route has. */
export const methodsOf = ({ method }: Pick<Route, 'method'>): string[] =>
  method === 'ANY' ? METHODS : [method]

/** Returns a route as resources of a policy, such as `GET/admin`. A wildcard of IAM stands for a parameter, and matches slashes too. */
export function resourcesOf(route: Route): string[] {
  const path = route.path.map((segment) => (isParameter(segment) ? '*' : segment)).join('/')
  // The gateway takes a path with a slash at its end for the same route.
  const paths = path === '' || path.endsWith('*') ? [path] : [path, `${path}/`]
  return methodsOf(route).flatMap((method) => paths.map((one) => `${method}/${one}`))
}

const isParameter = (segment: string): boolean => segment.startsWith('{')

/** Whether a resource of a route may match some request of another route. */
export function matches(route: Route, other: Route): boolean {
  const first = route.path.findIndex(isParameter)
  if (first === -1) {
    // Of the routes of a path, the gateway takes the one of the request's method before the one of every method.
    const isMethod = route.method === 'ANY' || route.method === other.method
    return isMethod && route.path.join('/') === other.path.join('/')
  }
  if (route.method !== other.method && route.method !== 'ANY' && other.method !== 'ANY') return false
  const isSame = (segment: string, index: number) => isParameter(segment) || segment === route.path[index]
  // The gateway takes `users/` for `users`. A greedy parameter at the end, such as `{proxy+}`, stands for any number of segments.
  const isGreedy = other.path.some((segment) => segment.endsWith('+}'))
  return (isGreedy || other.path.length >= first) && other.path.slice(0, first).every(isSame)
}
