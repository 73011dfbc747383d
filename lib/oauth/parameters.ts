/** Parameters of a request: all values of each name, in their order. */
export type Parameters = ReadonlyMap<string, readonly string[]>

/**
 * Reads parameters from a query or a form (`application/x-www-form-urlencoded`), decoded once.
 *
 * @param text - With or without a question mark before it.
 */
export function readParameters(text: string): Parameters {
  const all = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    all.set(name, [...(all.get(name) ?? []), value])
  }
  return all
}

/** Returns the value of a parameter. One without a value counts as missing (RFC 6749 section 3.1). */
export const parameterOf = (parameters: Parameters, name: string): string | undefined =>
  parameters.get(name)?.[0] || undefined

/** Whether a name occurs twice, also without a value (RFC 6749 section 3.1). */
export const isRepeated = (parameters: Parameters, name: string): boolean =>
  (parameters.get(name)?.length ?? 0) > 1
