import type { APIGatewayProxyEvent } from 'aws-lambda'
import type * as z from 'zod/mini'
import type { Permission } from '../../application/permissions.ts'
import type { SettingName } from '../../config.ts'
import type { Administered } from '../../operators/accounts.ts'
import type { Operator } from '../../operators/caller.ts'
import { countRequest } from '../../operators/limits.ts'
import { changedMeanwhile } from '../../operators/refusals.ts'
import type { Work } from '../../operators/work.ts'
import type { OperatorRequest } from '../../throttling/operator-counters.ts'
import type { Limit } from '../../values.ts'
import { readBody } from '../body.ts'
import { noContent } from '../responses.ts'
import type { ReservingRoute } from '../table.ts'
import { CALLER, operatorOf, requireMatch, targetOf } from './operator.ts'

/** Settings of the functions that change users. */
export const CHANGER = [...CALLER, 'LIMIT_ADMIN_CHANGES', 'MAILER'] as const

type Setting = (typeof CHANGER)[number]

/** A route that changes a user. */
export type ChangingRoute<N extends SettingName = never> = ReservingRoute<Setting | N>

type ChangingAt = Parameters<ChangingRoute>[1]

/** What a change requires, and the schema of its body, if it has one. */
interface Change<B> {
  may: Permission
  work: Work
  body?: z.ZodMiniType<B>
  /** A limit in addition to that of all changes. */
  limit?: readonly [OperatorRequest, Limit]
}

/** Reads the caller and the body of a change, and counts it. */
export async function readChange<B = undefined>(
  event: APIGatewayProxyEvent,
  at: ChangingAt,
  { body, limit, ...requirement }: Change<B>,
): Promise<{ operator: Operator; body: B }> {
  const operator = await operatorOf(event, at, requirement)
  await countRequest(at, operator.user.id, 'changes', at.config.LIMIT_ADMIN_CHANGES)
  if (limit) await countRequest(at, operator.user.id, ...limit)
  return { operator, body: (body && readBody(event, body)) as B }
}

/** Reads a change of the user in the path, as the page shows this user. */
export async function readUserChange<B = undefined>(
  event: APIGatewayProxyEvent,
  at: ChangingAt,
  change: Change<B>,
): Promise<{ operator: Operator; body: B; target: Administered }> {
  const read = await readChange(event, at, change)
  const target = await targetOf(event, at, read.operator)
  requireMatch(event, target)
  return { ...read, target }
}

/** Returns the response to a change. @param isStored - If not, the user has changed since the read. */
export function changed(isStored: boolean) {
  if (!isStored) throw changedMeanwhile()
  return noContent()
}
