import type { ApiRoute } from './handler.ts'
import { type NeedOf, noSuchRoute } from './routes.ts'

/**
 * Joins the routes of a function like `byRoute`. Several of them share a path of the gateway, such as `/proof/{step}`.
 *
 * Each of these gets its event with its own path as the resource, and its own name as `via`.
 *
 * @param routes - By method and path, as in the rows of `lib/openapi`. A parameter stands for one segment. Ids need no
 *   encoding in a path, so nothing decodes it.
 */
export const bySharedPath =
  <F extends ApiRoute<never>>(routes: Record<string, F>): ApiRoute<NeedOf<F>> =>
  async (event, at) => {
    const route = routes[`${event.httpMethod} ${event.resource}`]
    if (route) return route(event, at as never)
    const given = segmentsOf(event)
    for (const [via, shared] of Object.entries(routes)) {
      const [method, resource = ''] = via.split(' ')
      const pathParameters = method === event.httpMethod ? parametersOf(resource, given) : undefined
      if (pathParameters) {
        return shared({ ...event, resource, pathParameters }, { ...(at as object), via } as never)
      }
    }
    throw noSuchRoute()
  }

/** Returns the segments of a path of the gateway with its parameters filled in. A greedy one stands for several. */
const segmentsOf = ({ resource, pathParameters }: Parameters<ApiRoute>[0]): string[] =>
  resource.split('/').flatMap((segment) => {
    const [, name, isGreedy] = segment.match(/^\{(\w+)(\+?)\}$/) ?? []
    if (name === undefined) return [segment]
    const value = pathParameters?.[name] ?? ''
    return isGreedy ? value.split('/') : [value]
  })

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
