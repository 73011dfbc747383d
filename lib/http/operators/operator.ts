import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Table } from '../../aws/dynamodb.ts'
import type { At } from '../../context.ts'
import { type Administered, findAdministered } from '../../operators/accounts.ts'
import { type Operator, type Requirement, requireOperator, requireOver } from '../../operators/caller.ts'
import { changedMeanwhile } from '../../operators/refusals.ts'
import { isUserId } from '../../users/user.ts'
import type { Request } from '../handler.ts'
import { headerOf } from '../headers.ts'
import { pageOf } from '../sessions/request.ts'

/** Settings that verify the caller of a route of the console's API. */
export const CALLER = [
  'REFRESH_GRACE_SECONDS',
  'REQUIRE_SECOND_FACTOR',
  'SESSION_TTL_SECONDS',
  'SESSION_IDLE_TTL_SECONDS',
] as const

/** Returns the caller of a route. */
export const operatorOf = (
  event: APIGatewayProxyEvent,
  at: At<(typeof CALLER)[number]> & Pick<Request, 'allowedOrigins'>,
  requirement: Requirement,
): Promise<Operator> =>
  requireOperator(at, pageOf(event, at), headerOf(event.headers, 'operator'), requirement)

/**
 * Finds the user that the path names.
 *
 * @throws {@link ServiceError} as `requireOver` in `lib/operators/caller.ts`.
 */
export async function targetOf(
  event: APIGatewayProxyEvent,
  { table }: { table: Table },
  operator: Operator,
): Promise<Administered> {
  const id = event.pathParameters?.id
  const user = isUserId(id) ? await findAdministered(table, id) : undefined
  requireOver(operator, user)
  return user
}

/** Returns the version of a user that a page shows (RFC 9110 section 8.8.3). */
export const etagOf = ({ changeId }: Pick<Administered, 'changeId'>): string => `"${changeId}"`

/**
 * Requires that a change is one of the user as the page shows it (RFC 9110 section 13.1.1).
 *
 * @throws {@link ServiceError} `conflict`.
 */
export function requireMatch({ headers }: APIGatewayProxyEvent, user: Administered): void {
  if (headerOf(headers, 'if-match') !== etagOf(user)) throw changedMeanwhile()
}
