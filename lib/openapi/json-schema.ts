/** Returns the `content` of a JSON response. */
export const json = (schema: object, example?: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
})

/** Returns the schema of a string. */
export const text = (description: string) => ({ type: 'string', description })

/** Returns the schema of a number of seconds. */
export const seconds = (description: string) => ({ type: 'integer', minimum: 0, description })

/** Returns the schema of a form. Each field is a text. */
export const formOf = (fields: readonly string[], required: readonly string[] = []) => ({
  type: 'object',
  properties: Object.fromEntries(fields.map((name) => [name, { type: 'string' }])),
  required,
})

/** Returns the schema of an ISO 8601 time. */
export const time = (description: string) => ({ type: 'string', format: 'date-time', description })

/**
 * Returns the schema of an object.
 *
 * @param properties - Schemas by member name. Clients must expect more members in later versions.
 * @param optional - Names of the members that may be missing. All others are required.
 */
export const object = <Properties extends Record<string, object>>(
  description: string,
  properties: Properties,
  optional: readonly (keyof Properties & string)[] = [],
) => ({
  type: 'object',
  description,
  properties,
  required: Object.keys(properties).filter((name) => !optional.some((one) => one === name)),
})
