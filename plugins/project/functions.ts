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

/**
 * Returns a function of the project with the setting that `apiHandler` reads, if it has a route that the plugin protects. A function in
 * another language does not call `apiHandler`, and without origins there is nothing to set.
 */
export function withOrigins(
  definition: WrittenFunction,
  isProtected: boolean,
  provider: { runtime?: string; environment?: Record<string, unknown> },
  AUTH_ALLOWED_ORIGINS: unknown,
): WrittenFunction {
  const { environment, runtime = provider.runtime ?? 'nodejs' } = definition
  if (!isProtected || AUTH_ALLOWED_ORIGINS === '' || !runtime.startsWith('nodejs')) return definition
  if ('AUTH_ALLOWED_ORIGINS' in { ...provider.environment, ...environment }) return definition
  return { ...definition, environment: { AUTH_ALLOWED_ORIGINS, ...environment } }
}

/** Returns the beginning of the logical ids that the framework makes of the key of a function, or of the name of an authorizer. */
export const logicalName = (key: string): string => {
  const name = key.replaceAll('-', 'Dash').replaceAll('_', 'Underscore')
  return name.charAt(0).toUpperCase() + name.slice(1)
}
