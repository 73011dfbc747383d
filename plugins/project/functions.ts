import type { WrittenFunction } from '../framework.d.ts'

/** What stands for `authorizer: auth`, and for the setting of all functions with such a route. */
export const AUTHORIZER = `\${self:custom.auth.authorizer}`
const ALLOWED_ORIGINS = `\${self:custom.auth.allowedOrigins}`

type Written = Record<string, WrittenFunction>

/** Returns the functions of `serverless.yml`, which may be an object, or a list of objects. */
export const functionsWritten = (functions: Written | Written[] = {}): Written =>
  Object.assign({}, ...[functions].flat())

/** Returns a function of the service with what each has. */
export const withCommon = (definition: WrittenFunction, common: WrittenFunction): WrittenFunction => ({
  ...common,
  ...definition,
  environment: { ...common.environment, ...definition.environment },
})

/** Returns a function of the project with the setting that `apiHandler` reads, if it has a route that the plugin protects. */
export function withOrigins(definition: WrittenFunction, given: Record<string, unknown>): WrittenFunction {
  const { environment, events = [] } = definition
  const isProtected = events.some(({ http }) => Object(http).authorizer === AUTHORIZER)
  if (!isProtected || 'ALLOWED_ORIGINS' in { ...given, ...environment }) return definition
  return { ...definition, environment: { ALLOWED_ORIGINS, ...environment } }
}
