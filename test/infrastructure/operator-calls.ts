import { isAdministrator, ROLES } from '../../lib/application/roles.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { SEARCHES } from '../../lib/operators/limits.ts'
import { operatorCounter } from '../../lib/throttling/operator-counters.ts'
import { fillTokens, type TokenSource } from '../../local/tokens.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { addTestUser } from '../support/users/users.ts'
import type { Run } from './factor-calls.ts'

/**
 * Makes an administrator search by a name, and more often than is allowed.
 *
 * @returns What reads a path below `/admin-api` as this administrator.
 */
export async function runOperators(
  run: Run,
  table: Table,
  source: TokenSource,
): Promise<(proxy: string) => Promise<unknown>> {
  const { id } = await addTestUser(table, {
    username: 'searcher',
    role: ROLES.find(isAdministrator) ?? 'user',
  })
  const event = JSON.stringify(sampleEvent('GET /admin-api/users')).replaceAll(/\{\{\w+ /g, '{{searcher ')
  const read = async (proxy: string, queryStringParameters: object | null = null) => {
    const filled = await fillTokens(JSON.parse(event), source, new Date())
    return run('admin-read', { ...filled, pathParameters: { proxy }, queryStringParameters })
  }
  const search = () => read('users', { name: 'searcher' })
  await search()
  await table.aws('dynamodb', 'UpdateItem', {
    TableName: table.name,
    Key: operatorCounter(id, 'searches', SEARCHES, new Date()).key,
    UpdateExpression: 'ADD ids :ids',
    ExpressionAttributeValues: {
      ':ids': { SS: Array.from({ length: SEARCHES.attempts }, (_, index) => `search-${index}`) },
    },
  })
  await search()
  return (proxy) => read(proxy)
}
