import type { AwsCall } from '../lib/aws/client.ts'
import { eventsTableOf } from '../lib/events/event.ts'
import { documentOf } from '../project/commands.ts'

/** Names that a stack gives to what outlives it. */
export interface RetainedNames {
  tableName: string
  /** Aliases of keys, such as `alias/serverless-jwt-auth-prod-auth-factors`. */
  aliases: string[]
}

/**
 * Finds what a first deployment would create but exists: CloudFormation would fail, and name no resource.
 *
 * Best effort: a call that fails finds nothing, because the operator may deploy without a permission to read.
 *
 * @returns One line for each, with what to do. An empty list if a deployment can create all.
 */
export async function faultsOfRemains(
  aws: AwsCall,
  { tableName, aliases }: RetainedNames,
): Promise<string[]> {
  const exists = (call: Promise<object>) =>
    call.then(
      () => true,
      () => false,
    )
  const names: string[] = []
  for (const TableName of [tableName, eventsTableOf({ name: tableName })]) {
    if (await exists(aws('dynamodb', 'DescribeTable', { TableName }))) names.push(`the table ${TableName}`)
  }
  for (const alias of aliases) {
    if (await exists(aws('kms', 'DescribeKey', { KeyId: alias }))) names.push(`the key ${alias}`)
  }
  return names.map(
    (name) =>
      `There is no stack, but ${name} remains of an earlier one. See "Removal" in ${documentOf('DEPLOYING.md')}.`,
  )
}
