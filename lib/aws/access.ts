/** A statement of an IAM policy, in the form of a template. */
export interface Statement {
  Effect: 'Allow'
  Action: string[]
  Resource: unknown[]
  Condition?: Record<string, Record<string, string | string[]>>
}

/** Values of the deployment that statements contain. */
export interface Deployment {
  /** Beginning of the names of all functions: service and stage. */
  prefix: string
  /** Sender of mails; empty if the service sends none. */
  mailFrom: string
  /** Id of the user pool that is asked about passwords. */
  oldPool?: string
  /** Whether sessions in cookies are bound to devices. */
  bindsDevices?: boolean
}

/**
 * A permission of a function. `serverless.yml` names it in `may`, and `plugins/functions/permissions.ts`
 * gives the role its statement.
 */
export type Permission = Statement | ((deployment: Deployment) => Statement)

/** Beginning of partition keys of the table. */
type Partition =
  | 'user#*'
  | 'name#*'
  | 'login#*'
  | 'challenge#*'
  | 'change#*'
  | 'credential#*'
  | 'credential#identity#*'
  | 'mail#*'
  | 'source#*'
  | 'recipient#*'
  | 'client#*'
  | 'api#*'
  | 'scope#*'
  | 'directory#*'
  | 'code#*'
  | 'act#*'
  | 'grants#*'
  | 'url-client#*'
  | 'document#*'
  | 'approvals#*'
  | 'fetches#*'
  | 'host#*'
  | 'providers'
  | 'identity#*'
  | 'pending#*'
  | 'try#*'
  | 'admin#*'

/** Beginning of partition keys of the table of events. */
type EventPartition = 'user#*' | 'name#*' | 'mail#*' | 'service'

type ReadOperation = 'GetItem' | 'BatchGetItem' | 'Query'
type WriteOperation = 'PutItem' | 'UpdateItem' | 'DeleteItem'

/** Returns a statement that allows actions. */
export const allow = (
  Action: string[],
  Resource: unknown[],
  Condition?: Statement['Condition'],
): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})

/** Returns the ARN of a resource of the stack. */
export const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })

/** Returns an ARN in the stack's account and region. */
export const ownArn = (service: string, name: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${name}`,
})

/** Logical ids of the tables. */
type TableId = 'Table' | 'Events'

const onTable = (
  operations: string[],
  partitions: (Partition | EventPartition)[],
  more: Statement['Condition'],
  id: TableId = 'Table',
) =>
  allow(
    operations.map((operation) => `dynamodb:${operation}`),
    [arnOf(id)],
    { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions }, ...more },
  )

/** Limits a request to attributes. Every attribute that the request names counts, also one in a condition. */
const onlyOf = (attributes: readonly string[]) => ({
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...new Set(['pk', 'sk', ...attributes])] },
})

/** Allows reads of whole items. */
export const readWhole = (partitions: Partition[]): Statement => onTable(['BatchGetItem'], partitions, {})

/**
 * Allows reads of these attributes only. `ForAllValues` also holds without a list, so `Null` denies a read
 * that has no list. As in AWS's examples, the condition on `Select` does not apply to an operation without
 * it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export const read = (
  partitions: Partition[],
  attributes: readonly string[],
  operation: ReadOperation = 'BatchGetItem',
  id: TableId = 'Table',
): Statement =>
  onTable(
    [operation],
    partitions,
    {
      ...onlyOf(attributes),
      StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
      Null: { 'dynamodb:Attributes': 'false' },
    },
    id,
  )

/**
 * Allows writes of these attributes that return nothing. They have no `Null`: a delete may name only its key,
 * and AWS does not document whether keys count.
 */
export const write = (
  operations: WriteOperation[],
  partitions: Partition[],
  attributes: readonly string[],
): Statement =>
  onTable(operations, partitions, {
    ...onlyOf(attributes),
    StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
  })

/**
 * Allows writes within a transaction only.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export const writeTogether = (
  operations: WriteOperation[],
  partitions: Partition[],
  attributes: readonly string[],
): Statement => {
  const { Condition, ...rest } = write(operations, partitions, attributes)
  return { ...rest, Condition: { ...Condition, ...TOGETHER } }
}

const TOGETHER = { 'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] } }

/**
 * Allows transactions to check, by these attributes, that items have not changed since they were read.
 *
 * A check exists in transactions only, and AWS lists no `dynamodb:EnclosingOperation` for it. A condition on that key could deny it.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export const check = (partitions: Partition[], attributes: readonly string[]): Statement =>
  onTable(['ConditionCheckItem'], partitions, {
    ...onlyOf(attributes),
    StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
  })

/** Allows only adding events within a transaction, and nothing else in their table. */
export const record = (partitions: EventPartition[]): Statement =>
  onTable(
    ['PutItem'],
    partitions,
    { StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' }, ...TOGETHER },
    'Events',
  )

/** Allows updates that may return the values they write: attempts in counters. */
export const count = (partitions: Partition[], more: readonly string[] = []): Statement =>
  onTable(['UpdateItem'], partitions, {
    ...onlyOf(['ids', 'expiresAt', ...more]),
    StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_NEW'] },
  })
