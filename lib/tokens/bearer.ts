import { ServiceError } from '../errors.ts'
import { readUnverified, type UnverifiedToken } from './access-token.ts'

/**
 * Parses the token of an `Authorization: Bearer` header (RFC 6750 section 2.1), without verifying it. The scheme may have any case.
 *
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readBearer(header: unknown): UnverifiedToken {
  const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? []
  if (token === undefined) throw new ServiceError('invalid_token', 'no bearer token')
  return readUnverified(token)
}
