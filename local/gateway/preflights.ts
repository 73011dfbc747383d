import { type Cors, type GatewayResponse, preflightResponse } from './gateway-rules.ts'

/** By path, as hapi writes it: the routes that have a preflight. */
const corsOfPaths = new Map<string, { cors: Cors; methods: string[] }>()

/** Takes `cors` from a route: serverless-offline would make its own headers from it. */
export function takeCors(route: { cors?: Cors }, method: string, path: string): void {
  const { cors } = route
  if (cors) {
    const pathOfHapi = `/${path.replace(/^\//, '').replaceAll('+}', '*}')}`
    const { methods } = corsOfPaths.get(pathOfHapi) ?? { methods: [] }
    corsOfPaths.set(pathOfHapi, { cors, methods: [...methods, method.toUpperCase()] })
  }
  delete route.cors
}

/** Returns the response to a preflight of a path, as hapi writes it, or `undefined` if its routes have no `cors`. */
export function preflightOf(path: string, origin: string | undefined): GatewayResponse | undefined {
  const found = corsOfPaths.get(path)
  return found && preflightResponse(found.cors, found.methods, origin)
}
