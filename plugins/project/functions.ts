import type { WrittenFunction } from '../framework.d.ts'

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
export function withOrigins(
  definition: WrittenFunction,
  isProtected: boolean,
  given: Record<string, unknown> | undefined,
  ALLOWED_ORIGINS: unknown,
): WrittenFunction {
  const { environment } = definition
  if (!isProtected || 'ALLOWED_ORIGINS' in { ...given, ...environment }) return definition
  return { ...definition, environment: { ALLOWED_ORIGINS, ...environment } }
}

/** Returns the beginning of the logical ids that the framework makes of the key of a function, or of the name of an authorizer. */
export const logicalName = (key: string): string => {
  const name = key.replaceAll('-', 'Dash').replaceAll('_', 'Underscore')
  return name.charAt(0).toUpperCase() + name.slice(1)
}
