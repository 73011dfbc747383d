import { ServiceError } from '../errors.ts'

/**
 * Returns the token of an `Authorization: Bearer` header (RFC 6750 section 2.1). The scheme may have any case.
 *
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readBearer(header: unknown): string {
  const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? []
  if (token === undefined) throw new ServiceError('invalid_token', 'no bearer token')
  return token
}
