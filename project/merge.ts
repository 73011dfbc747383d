/**
 * Returns a value of the plugin with what the project says about it. Objects are merged, lists are joined, and other values
 * replaced. An empty member of `serverless.yml` is `null`, and says nothing.
 */
export function merged(value: unknown, own: unknown): unknown {
  if (own === undefined || own === null) return value
  if (Array.isArray(value) && Array.isArray(own)) return [...value, ...own]
  if (!isObject(value) || !isObject(own)) return own
  const names = Object.keys({ ...value, ...own })
  return Object.fromEntries(names.map((name) => [name, merged(value[name], own[name])]))
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
