/** A route of a setting of the authorizer, and the names of roles or scopes that may use it. */
interface ListedRoute {
  /** In the form of an ARN of `execute-api`, such as `GET/notes`. */
  resource: string
  names: readonly string[]
}

/**
 * Reads a setting such as `GET/admin=admin`: with spaces between routes and bars between names.
 *
 * @param rule - Required form of the setting, for the error.
 * @throws Error if it has another form.
 */
export const readListedRoutes = (text: string, rule: string): ListedRoute[] =>
  text.split(' ').map((route) => {
    const [, resource, names] = /^([A-Z]+\/[^= ]*)=([^= ]+)$/.exec(route) ?? []
    if (resource === undefined || names === undefined) throw new Error(rule)
    return { resource, names: names.split('|') }
  })
