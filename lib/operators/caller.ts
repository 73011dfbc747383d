import { type Permission, rightsOf } from '../application/permissions.ts'
import { requireAuthentication } from '../authorization/step-up.ts'
import { attributesOf, type Demand } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { type Act, byAdministrator } from '../events/event.ts'
import { type CookieRules, redeemCookie, requireSameOrigin } from '../oauth/authorize/cookie.ts'
import type { CookieRequest } from '../sessions/page.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import type { Session } from '../sessions/session.ts'
import { requireSubject } from '../sessions/subject.ts'
import { acrOf } from '../users/factors.ts'
import { profileKey } from '../users/store.ts'
import type { UserState } from '../users/user.ts'
import type { Administered } from './accounts.ts'
import { changedMeanwhile, lacksText, NO_RIGHTS, NOBODY, OWN_ACCOUNT } from './refusals.ts'
import { MAX_AGE_SECONDS, type Work } from './work.ts'

/** A user who administers the accounts of others. */
export interface Operator {
  user: UserState
  session: Session
  /** What the user may do, and with users of which roles. */
  may: readonly Permission[]
  over: readonly string[]
  /** The act of the user's changes. Each transaction with its events has the condition that the user still may make it. */
  act: Act
}

/** What a route requires of its caller. */
export interface Requirement {
  /** Missing if any permission is enough. */
  may?: Permission
  work: Work
}

/**
 * Requires that a request comes from the page of a user who may do something with the accounts of others. It reads the session and
 * the user, so neither has an outdated role. A token of the application is no proof here: each API of the application sees it.
 *
 * The role may be taken between this read and a change. So the act demands the profile as it was read, and DynamoDB decides.
 *
 * @param sub - The user whom the page shows: the header `Operator`.
 * @throws {@link ServiceError} `forbidden`, `conflict`, `invalid_token` or `unavailable`.
 */
export async function requireOperator(
  at: At & { config: CookieRules },
  page: CookieRequest,
  sub: string,
  { may, work }: Requirement,
): Promise<Operator> {
  requireSameOrigin(page)
  const presented = parseRefreshToken(page.refreshToken)
  if (presented) requireSubject(presented, sub)
  const found = await redeemCookie(at, page.refreshToken, false)
  if (!found || found.state === 'reused')
    throw new ServiceError('invalid_token', 'no live session in a cookie')
  const { user, session } = found
  const rights = rightsOf(user.role)
  if (rights.may.length === 0 || (may !== undefined && !rights.may.includes(may))) throw lacks(may)
  const required = { acr: 'aal1', maxAgeSeconds: MAX_AGE_SECONDS[work] } as const
  requireAuthentication({ acr: acrOf(session.amr), authTime: session.authTime }, required, at.now)
  const demand = stillAsRead(
    user,
    () => new ServiceError('invalid_token', 'the administrator was changed meanwhile'),
  )
  return { user, session, ...rights, act: byAdministrator(at, user.id, [demand]) }
}

const lacks = (may: Permission | undefined) =>
  new ServiceError('forbidden', 'the role lacks the permission', {
    detail: may ? lacksText(may) : NO_RIGHTS,
  })

/**
 * Returns the act of a change of what belongs to a user. The role of the user may be another one since the read, such as one whom the
 * operator may not help: then the change fails. A change of the user's own profile needs no such act, because it has a condition.
 */
export const actFor = ({ act }: Operator, target: Administered): Act => ({
  ...act,
  demands: [...(act.demands ?? []), stillAsRead(target, changedMeanwhile)],
})

/** Demands that a user has the role that was read, is enabled or disabled as before, and that no token was revoked since. */
const stillAsRead = (
  { id, generation, role, disabled }: Pick<UserState, 'id' | 'generation' | 'role' | 'disabled'>,
  refusal: Demand['refusal'],
): Demand => ({
  check: {
    Key: profileKey(id),
    ConditionExpression: 'generation = :generation AND #role = :role AND disabled = :disabled',
    ExpressionAttributeNames: { '#role': 'role' },
    ExpressionAttributeValues: attributesOf({
      ':generation': generation,
      ':role': role,
      ':disabled': disabled,
    }),
  },
  refusal,
})

/**
 * Requires that an operator may help a user: another one, whose role is one of `over`.
 *
 * @throws {@link ServiceError} `forbidden` of the operator itself, `not_found` of others.
 */
export function requireOver<U extends { id: string; role: string }>(
  { user, over }: Pick<Operator, 'user' | 'over'>,
  target: U | undefined,
): asserts target is U {
  if (target?.id === user.id) {
    throw new ServiceError('forbidden', 'the operator itself', { detail: OWN_ACCOUNT })
  }
  if (target === undefined || !over.includes(target.role)) {
    throw new ServiceError('not_found', 'no such user, or none whom the operator may help', {
      detail: NOBODY,
    })
  }
}
