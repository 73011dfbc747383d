import { hash } from 'node:crypto'

/**
 * Returns the identifier of a bound session for browsers: the thumbprint of its key (RFC 7638).
 *
 * Browsers keep a session by site and identifier. With the session's id, a late answer for an old key would end the new one, and a page of
 * another host of the site could register the id away (decision 164).
 *
 * @param device - The stored key, with its members in the order of RFC 7638 section 3.
 */
export const thumbprintOf = (device: string): string => hash('sha256', device, 'base64url')
