import { hasRights, rightsOf } from '../../application/permissions.ts'
import { isRole } from '../../application/roles.ts'
import { flag, getItems, type Item, number, type Table, text } from '../../aws/dynamodb.ts'
import { ServiceError } from '../../errors.ts'
import { sessionKey } from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import type { UnverifiedToken } from '../../tokens/access-token.ts'
import { type Acting, verifyActToken } from '../../tokens/act-token.ts'
import type { Verifying } from '../../tokens/live-token.ts'
import type { PublicKeyCache } from '../../tokens/public-keys.ts'
import { isTokenRevoked } from '../../users/revocation.ts'
import { profileKey } from '../../users/store.ts'
import type { Principal } from '../../users/user.ts'
import { ACT_ENDED } from '../refusals.ts'

/** Attributes of the user, the operator and the operator's session that decide whether an act is live. */
export const DECIDING = ['disabled', 'generation', 'role', 'endedAt', 'expiresAt'] as const

/** A user as whom an operator acts. */
export interface Target {
  userId: string
  /** The user's token generation when the act began. */
  generation: number
}

/**
 * Verifies the token with which an operator acts as a user, and that all it depends on is live.
 *
 * @throws {@link ServiceError} `invalid_token` or `unavailable`.
 */
export async function verifyLiveAct(
  { table, config }: Verifying,
  unverified: UnverifiedToken,
  publicKeys: PublicKeyCache,
): Promise<{ principal: Principal; operatorId: string }> {
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, new Date())
  const { principal, acting } = verifyActToken(unverified, keys, config.TOKEN_ISSUER, new Date())
  await requireLiveAct(table, principal, acting, { now: new Date() })
  return { principal, operatorId: acting.userId }
}

/**
 * Requires that user and operator are as they were when the act began, that the operator's session is live, and that the operator's role may
 * still act as a user of this role. One consistent read decides. The operator's generation moves with each change of role, state or password,
 * so the session's own generation is not compared.
 *
 * @param more - Attributes to read in addition.
 * @returns The user's item.
 * @throws {@link ServiceError} `invalid_token`, or `unavailable`.
 */
export async function requireLiveAct(
  table: Table,
  target: Target,
  acting: Acting,
  { now, more = [] }: { now: Date; more?: readonly string[] },
): Promise<Item> {
  const keys = [
    profileKey(target.userId),
    profileKey(acting.userId),
    sessionKey({ userId: acting.userId, id: acting.sessionId }),
  ]
  const [user, operator, session] = await getItems(table, keys, [...DECIDING, ...more])
  const isLive =
    isAsBegun(user, target.generation) &&
    isAsBegun(operator, acting.generation) &&
    session !== undefined &&
    session.endedAt === undefined &&
    number(session, 'expiresAt') > secondOf(now) &&
    mayActAs(text(operator, 'role'), text(user, 'role'))
  if (isLive) return user
  throw new ServiceError('invalid_token', 'the user or the operator of the act changed', {
    detail: ACT_ENDED,
  })
}

const isAsBegun = (item: Item | undefined, generation: number): item is Item =>
  item !== undefined &&
  !isTokenRevoked(generation, { disabled: flag(item, 'disabled'), generation: number(item, 'generation') })

/**
 * Whether operators of a role may act as users of another one, by the `can` that is deployed. No operator acts as a user with any permission:
 * otherwise an operator could see what only another one may see.
 */
export const mayActAs = (operatorRole: string, role: string): boolean =>
  isRole(role) &&
  !hasRights(role) &&
  rightsOf(operatorRole).may.includes('act-as') &&
  rightsOf(operatorRole).over.includes(role)
