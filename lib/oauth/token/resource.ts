import { isApiIdentifier, normalForm } from '../apis/api.ts'
import type { Grant } from '../grants/grant.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { tokenRefusal } from './refusal.ts'

/**
 * Requires that `resource`, if it is there, is the API of a code or a grant (RFC 8707 section 2.2).
 *
 * @throws {@link ServiceError} with the `error` `invalid_target`.
 */
export function requireResource({ resource }: Pick<Grant, 'resource'>, parameters: Parameters): void {
  const given = parameterOf(parameters, 'resource')
  if (given === undefined) return
  const isSame =
    resource !== undefined && isApiIdentifier(given) && normalForm(given) === normalForm(resource)
  if (!isSame) throw tokenRefusal('invalid_target', 'resource is not the API that the user allowed.')
}
