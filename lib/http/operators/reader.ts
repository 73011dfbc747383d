import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Permission } from '../../application/permissions.ts'
import type { Operator } from '../../operators/caller.ts'
import { countRequest, SEARCHES } from '../../operators/limits.ts'
import type { ReservingRoute } from '../table.ts'
import { CALLER, operatorOf } from './operator.ts'

/** Settings of the routes that read. */
export const READ_SETTINGS = [...CALLER, 'LIMIT_ADMIN_READS'] as const

/** A route that reads. */
export type ReadRoute = ReservingRoute<(typeof READ_SETTINGS)[number]>

type ReadAt = Parameters<ReadRoute>[1]

/** Returns the operator of a read, which is counted. */
export async function readerOf(event: APIGatewayProxyEvent, at: ReadAt, may: Permission): Promise<Operator> {
  const operator = await operatorOf(event, at, { may, work: 'work' })
  await countRequest(at, operator.user.id, 'reads', at.config.LIMIT_ADMIN_READS)
  return operator
}

/** Returns the operator of a search. A search is counted apart from reads, with a lower limit. */
export async function searcherOf(event: APIGatewayProxyEvent, at: ReadAt): Promise<Operator> {
  const operator = await operatorOf(event, at, { may: 'users:read', work: 'work' })
  await countRequest(at, operator.user.id, 'searches', SEARCHES)
  return operator
}
