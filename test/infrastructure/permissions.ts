/** A statement of an IAM policy, as it stands in a template. */
export interface Statement {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: unknown
}

const allow = (Action: string[], Resource: unknown[], Condition?: object): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })

const onItems = (operations: string[], partitions: string[]) =>
  allow(
    operations.map((operation) => `dynamodb:${operation}`),
    [arn('Table')],
    { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } },
  )

const VERIFY_TOKENS = allow(['dynamodb:GetItem'], [arn('Table')], {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['user#*'] },
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'disabled', 'validAfter'] },
  StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
})

/** X-Ray has no resources to name, so its two actions take a wildcard. */
export const TRACING = allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*'])

/** Permission to write to the function's own log group. The stack creates the group. */
export const logging = (functionName: string) =>
  allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [
      {
        'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*:*`,
      },
    ],
  )

/**
 * Lists what functions may do in addition to logging and tracing.
 *
 * A function without an entry may log and trace, and nothing else. A function of yours that needs more is listed here,
 * so that a change of permissions is always a change of this file too.
 *
 * @param keys - Logical ids of the published keys.
 */
export function permissions(keys: string[]): Record<string, Statement[]> {
  const readKeys = allow(['kms:GetPublicKey'], keys.map(arn))
  const sign = allow(['kms:Sign'], keys.map(arn), {
    StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
  })
  return {
    authorizer: [readKeys, VERIFY_TOKENS],
    login: [
      readKeys,
      sign,
      onItems(['BatchGetItem', 'UpdateItem'], ['user#*', 'source#*']),
      onItems(['PutItem', 'DeleteItem'], ['user#*']),
    ],
    refresh: [readKeys, sign, onItems(['BatchGetItem', 'UpdateItem', 'DeleteItem'], ['user#*'])],
    logout: [onItems(['BatchGetItem', 'UpdateItem', 'DeleteItem'], ['user#*'])],
    sessions: [onItems(['Query'], ['user#*'])],
    'end-session': [onItems(['BatchGetItem', 'DeleteItem'], ['user#*'])],
    password: [
      onItems(['BatchGetItem', 'UpdateItem'], ['user#*', 'source#*']),
      onItems(['DeleteItem'], ['user#*']),
    ],
    jwks: [readKeys],
  }
}
