import { ServiceError } from '../errors.ts'

/** Whether an address has one of these domains. An empty list allows all. */
export const isAllowedDomain = (email: string, domains: readonly string[]): boolean =>
  domains.length === 0 || domains.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase())

/**
 * Requires that an address may register.
 *
 * @param domains - Domains that may; an empty list allows all.
 * @param pointer - RFC 6901 pointer to the address in the body, as a URI fragment.
 * @throws {@link ServiceError} `invalid_fields`.
 */
export function requireAllowedDomain(email: string, domains: readonly string[], pointer: string): void {
  if (isAllowedDomain(email, domains)) return
  const detail = `Must be an address at ${domains.join(' or ')}.`
  throw new ServiceError('invalid_fields', 'the domain may not register', {
    fields: [{ pointer, detail, rule: 'domain', values: { domains } }],
  })
}
