import type { UserState } from '../users/user.ts'

/**
 * Returns claims of your own, which every access token of a user then has. Change this function for
 * verifiers that need more than `sub`, `username` and `role`.
 *
 * Everybody who has a token can read its claims. A claim cannot replace one of this service's own. Clients send a token with every
 * request. KMS signs at most 4,096 bytes, which are about 3,000 bytes of claims as JSON; with more, each sign-in returns 503.
 *
 * @param _user - As read before the credentials were verified.
 * @example
 * return { 'https://example.org/plan': 'free' }
 */
export const customClaims = (_user: Pick<UserState, 'id' | 'username' | 'role'>): object => ({})
