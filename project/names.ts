/**
 * What the names of sign-in have after service and stage, because a project may use the name of service and stage itself
 * (docs/decisions/0154-names-that-end-with-auth.md).
 */
const WORD = '-auth'

/** Returns what the names of a stage on AWS begin with, unless its parameter `namePrefix` says something else. */
export const usualPrefix = (service: string, stage: string): string => `${service}-${stage}${WORD}`

/** Returns the default of the parameter `audience` of a stage with the usual prefix. It is a value in tokens, and no name on AWS. */
export const usualAudience = (prefix: string): string =>
  `${prefix.endsWith(WORD) ? prefix.slice(0, -WORD.length) : prefix}-api`

/** Returns the names that several parts know: those of tables, keys and a log group. */
export const namesOf = (prefix: string) => ({
  tableName: prefix,
  eventsTableName: `${prefix}-events`,
  keyA: keyAlias(prefix, 'a'),
  keyB: keyAlias(prefix, 'b'),
  factorKey: keyAlias(prefix, 'factors'),
  // Of all functions of the service but the authorizer. A function of the project with the key `auth` would have the prefix itself as
  // its name, and a log group of that name.
  logGroup: `/aws/lambda/${prefix}-functions`,
  authorizerLogGroup: `/aws/lambda/${prefix}-authorizer`,
})

/** Returns the alias of a key. */
export const keyAlias = (prefix: string, key: 'a' | 'b' | 'factors'): string => `alias/${prefix}-${key}`

/** Returns the name of a function of the service. */
export const functionName = (prefix: string, key: string): string => `${prefix}-${key}`
