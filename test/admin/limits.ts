import type { Table } from '../../lib/aws/dynamodb.ts'
import { ACTS, FACTOR_RESETS, SEARCHES } from '../../lib/operators/limits.ts'
import { operatorCounter } from '../../lib/throttling/operator-counters.ts'
import { limit } from '../../lib/values.ts'
import { now, service } from '../support/http/routes.ts'

const settingOf = (functionKey: string, name: string) =>
  limit(service.functions[functionKey]?.environment?.[name])

/** Uses all requests of an operator up. */
export async function fillLimits(table: Table, userId: string): Promise<void> {
  const limits = {
    searches: SEARCHES,
    acts: ACTS,
    'factor-resets': FACTOR_RESETS,
    reads: settingOf('admin-read', 'LIMIT_ADMIN_READS'),
    changes: settingOf('admin-change', 'LIMIT_ADMIN_CHANGES'),
  }
  for (const [kind, one] of Object.entries(limits)) {
    const { key } = operatorCounter(userId, kind as keyof typeof limits, one, now)
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: key,
      UpdateExpression: 'ADD ids :ids',
      ExpressionAttributeValues: {
        ':ids': { SS: Array.from({ length: one.attempts }, (_, index) => `${kind}-${index}`) },
      },
    })
  }
}
