import { isDeepStrictEqual } from 'node:util'
import { ROOT } from './principals.ts'
import { textsOf } from './texts.ts'

/** Who may use the tables, by ARNs as `aws:PrincipalArn` has them. Patterns and functions of CloudFormation are possible. */
export interface Principals {
  /** Roles of the functions of the service. */
  service: readonly unknown[]
  /** Roles and users of the project that the service is in. */
  project: readonly unknown[]
  /** Values of the parameter `operators`. Without any, all identities outside the project may do what IAM allows them. */
  operators: readonly string[]
  /** Roles that CloudFormation deploys with. */
  deployers: readonly unknown[]
}

/** A statement of a resource policy of a table. */
export interface WallStatement {
  Sid: string
  Effect: 'Deny'
  Principal: '*'
  Action: string | readonly string[]
  Resource: '*'
  Condition: Record<string, Record<string, readonly unknown[]>>
}

/**
 * What only operators may do: read and change items, and all that leads around the policy. Reading the settings of a table is not in it,
 * because deployments and scanners do that.
 *
 * DynamoDB rejects a whole policy for one action that a policy of a table cannot have, such as `RestoreTableFromBackup`, whose resource is
 * the backup. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
export const OF_OPERATORS = [
  ...['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'],
  ...['Scan', 'UpdateItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLSelect', 'PartiQLUpdate'],
  ...['CreateBackup', 'DeleteResourcePolicy', 'DeleteTable', 'EnableKinesisStreamingDestination'],
  ...[
    'ExportTableToPointInTime',
    'PutResourcePolicy',
    'RestoreTableToPointInTime',
    'UpdateContinuousBackups',
  ],
  ...['UpdateContributorInsights', 'UpdateKinesisStreamingDestination', 'UpdateTable', 'UpdateTimeToLive'],
].map((name) => `dynamodb:${name}`)

/** Bytes of a policy of a table that DynamoDB takes. */
const LARGEST_BYTES = 20_480

/** Characters of what CloudFormation fills in: an account, a region. */
const FILLED = 'x'.repeat(14)

/** Holds for calls that CloudFormation does not make for the caller, also for those of no service. */
const WITHOUT_CLOUDFORMATION = {
  'ForAllValues:StringNotEquals': { 'aws:CalledVia': ['cloudformation.amazonaws.com'] },
}

const deny = (Sid: string, Action: WallStatement['Action'], Condition: WallStatement['Condition']) =>
  ({ Sid, Effect: 'Deny', Principal: '*', Action, Resource: '*', Condition }) satisfies WallStatement

/**
 * Returns the statements by which a table denies what IAM may allow (docs/decisions/0157-tables-deny-the-project.md).
 *
 * - Roles and users of the project may do nothing with the table, even if their statements allow it. One of them may deploy.
 * - With `operators`, all others may read and change nothing either. A deployment still can, so a wrong list can always be corrected.
 */
export function wallOf({ service, project, operators, deployers }: Principals): WallStatement[] {
  const isOneOf = (list: readonly unknown[]) => (one: unknown) =>
    list.some((other) => isDeepStrictEqual(other, one))
  const others = project.filter((one) => !isOneOf(service)(one))
  // A pattern of operators must not open the wall to the project's roles.
  const exact = operators.filter((one) => !/[*?]/.test(one))
  const arn = 'aws:PrincipalArn'
  return [
    ...(others.length > 0
      ? [
          deny('Project', 'dynamodb:*', {
            ArnLike: { [arn]: others },
            ArnNotLike: { [arn]: [...service, ...exact, ...deployers] },
            ...WITHOUT_CLOUDFORMATION,
          }),
        ]
      : []),
    ...(operators.length > 0
      ? [
          deny('Operators', OF_OPERATORS, {
            ArnNotLike: { [arn]: [...service, ...operators, ...deployers, ROOT] },
            ...WITHOUT_CLOUDFORMATION,
          }),
        ]
      : []),
  ]
}

/** Whether statements fit into the policy of a table. */
export const fits = (statements: readonly WallStatement[]): boolean =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, (_, value) =>
    Object.keys(Object(value))[0]?.startsWith('Fn::')
      ? (textsOf(value, () => FILLED)[0] ?? '').replaceAll('*', FILLED)
      : value,
  ).length <= LARGEST_BYTES
