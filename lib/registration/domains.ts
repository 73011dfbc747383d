import { ServiceError } from '../errors.ts'

/**
 * Requires that an address may register.
 *
 * @param domains - Domains that may; an empty list allows all.
 * @param pointer - RFC 6901 pointer to the address in the body, as a URI fragment.
 * @throws {@link ServiceError} `invalid_fields`.
 */
export function requireAllowedDomain(email: string, domains: readonly string[], pointer: string): void {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (domains.length === 0 || domains.includes(domain)) return
  const detail = `Must be an address at ${domains.join(' or ')}.`
  throw new ServiceError('invalid_fields', 'the domain may not register', { fields: [{ pointer, detail }] })
}
