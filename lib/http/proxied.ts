import type { APIGatewayProxyEvent } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import type { ApiRoute, Request } from './handler.ts'
import { byRoute } from './routes.ts'

/**
 * Joins the routes of a function below a greedy path, such as `admin-api/{proxy+}`, which is one resource of the gateway for all of them.
 * A route gets its event with its own path as the resource.
 *
 * @param prefix - Such as `/admin-api`.
 * @param routes - By method and path, as in the rows of `lib/openapi`. A parameter stands for one segment.
 */
export function proxied<R extends Request & { via: string }>(
  prefix: string,
  routes: Record<string, ApiRoute<R>>,
): ApiRoute<R> {
  const route = byRoute(routes)
  return async (event, at) => {
    const given = segmentsOf(event)
    for (const name of Object.keys(routes)) {
      const [method, resource = ''] = name.split(' ')
      const pathParameters =
        method === event.httpMethod ? parametersOf(resource.slice(prefix.length + 1), given) : undefined
      if (pathParameters) return route({ ...event, resource, pathParameters }, { ...at, via: name })
    }
    throw new ServiceError('not_found', 'no such route in this function')
  }
}

/** The gateway does not decode what a greedy parameter stands for. */
function segmentsOf({ pathParameters }: APIGatewayProxyEvent): string[] {
  try {
    return (pathParameters?.proxy ?? '').split('/').map(decodeURIComponent)
  } catch (error) {
    throw new ServiceError('not_found', 'the path is not encoded', { cause: error })
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
