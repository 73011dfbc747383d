import { ServiceError } from '../errors.ts'
import type { ApiRoute, Request } from './handler.ts'
import { byRoute } from './routes.ts'

/**
 * Joins the routes of a function below a greedy path, such as `admin-api/{proxy+}`, which is one resource of the gateway for all of them.
 * A route gets its event with its own path as the resource.
 *
 * @param prefix - Such as `/admin-api`.
 * @param routes - By method and path, as in the rows of `lib/openapi`. A parameter stands for one segment. Ids need no
 *   encoding in a path, so nothing decodes it.
 */
export function proxied<R extends Request & { via: string }>(
  prefix: string,
  routes: Record<string, ApiRoute<R>>,
): ApiRoute<R> {
  const route = byRoute(routes)
  return async (event, at) => {
    const given = (event.pathParameters?.proxy ?? '').split('/')
    for (const name of Object.keys(routes)) {
      const [method, resource = ''] = name.split(' ')
      const pathParameters =
        method === event.httpMethod ? parametersOf(resource.slice(prefix.length + 1), given) : undefined
      if (pathParameters) return route({ ...event, resource, pathParameters }, { ...at, via: name })
    }
    throw new ServiceError('not_found', 'no such route in this function')
  }
}

/** Returns the parameters of a path, or `undefined` if it is another path. */
function parametersOf(path: string, given: readonly string[]): Record<string, string> | undefined {
  const segments = path.split('/')
  const isParameter = (segment: string) => segment.startsWith('{')
  const matches =
    segments.length === given.length &&
    segments.every((segment, index) => isParameter(segment) || segment === given[index])
  if (!matches) return undefined
  return Object.fromEntries(
    segments.flatMap((segment, index) =>
      isParameter(segment) ? [[segment.slice(1, -1), given[index] ?? '']] : [],
    ),
  )
}
