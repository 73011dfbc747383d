import type { Cors } from './gateway-rules.ts'
import { takeHttpRoute } from './http-api.ts'
import { takeCors } from './preflights.ts'
import { load } from './serverless-offline.ts'

/** A route as the framework has it. */
interface RouteEvent {
  method: string
  path: string
  authorizer?: unknown
  cors?: Cors
  isHttpApi?: boolean
  /** Only of an HTTP API. */
  routeKey?: string
}

/**
 * Leaves routes with an authorizer of the project to serverless-offline, which runs it as without the plugin. It reports those that
 * it cannot run, such as `aws_iam`. Its extension point is one module for all routes, so it is switched off for these.
 *
 * @param offline - `custom.offline`, which serverless-offline reads for each route.
 * @param ours - Key of the service's authorizer.
 */
export async function leaveAuthorizers(
  offline: { customAuthenticationProvider?: string },
  ours: string,
): Promise<void> {
  const { default: HttpServer } = await load('events/http/HttpServer.js')
  const { createRoutes } = HttpServer.prototype
  const provider = { ...offline }
  HttpServer.prototype.createRoutes = function (functionKey: string, event: RouteEvent, handler: string) {
    const { authorizer } = event
    const name = Object(authorizer).name ?? authorizer
    if (event.isHttpApi) takeHttpRoute(event)
    if (authorizer && name !== (event.isHttpApi ? 'auth' : ours)) {
      delete offline.customAuthenticationProvider
      takeCors(event, event.method, event.path)
    }
    try {
      createRoutes.call(this, functionKey, event, handler)
    } finally {
      Object.assign(offline, provider)
    }
  }
}
