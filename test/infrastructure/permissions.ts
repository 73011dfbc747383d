/** A statement of a policy, as a template has it. */
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

const JUDGE_TOKENS = allow(['dynamodb:GetItem'], [arn('Table')], {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['user#*'] },
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'disabled', 'validAfter'] },
  StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
})

/** X-Ray's two actions know no resources, so that they take a wildcard. */
export const TRACING = allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*'])

/** The streams of one function's own log group, which the stack makes. */
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
 * What each function may do besides logging and tracing, and nothing else.
 *
 * @param keys - Logical ids of the published keys.
 */
export function permissions(keys: string[]): Record<string, Statement[]> {
  const readKeys = allow(['kms:GetPublicKey'], keys.map(arn))
  const sign = allow(['kms:Sign'], keys.map(arn), {
    StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
  })
  return {
    authorizer: [readKeys, JUDGE_TOKENS],
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
    'user-content': [],
    'admin-content': [],
    jwks: [readKeys],
    openapi: [],
  }
}
