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

/** Operations on some partitions, on any attribute. */
const onItems = (operations: string[], partitions: string[]) =>
  allow(
    operations.map((operation) => `dynamodb:${operation}`),
    [arn('Table')],
    { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } },
  )

/** Operations on some partitions, on no other attributes than these. */
const onAttributes = (operations: string[], partitions: string[], attributes: string[], more: object) =>
  allow(
    operations.map((operation) => `dynamodb:${operation}`),
    [arn('Table')],
    {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', ...attributes] },
      StringEqualsIfExists: more,
      Null: { 'dynamodb:Attributes': 'false' },
    },
  )

const reading = (operations: string[], attributes: string[]) =>
  onAttributes(operations, ['user#*'], attributes, { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' })
const writing = (operations: string[], partitions: string[], attributes: string[]) =>
  onAttributes(operations, partitions, attributes, { 'dynamodb:ReturnValues': 'NONE' })
/** As {@link writing}, and the response may contain the attributes just written. */
const counting = (partitions: string[], attributes: string[]) =>
  onAttributes(['UpdateItem'], partitions, attributes, { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_NEW'] })

/** Deletions within a transaction. They may name these attributes in their conditions. */
const deletingInTransactions = (partitions: string[], attributes: string[]) => {
  const { Condition, ...rest } = writing(['DeleteItem'], partitions, attributes)
  const enclosing = { 'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] } }
  return { ...rest, Condition: { ...Object(Condition), ...enclosing } }
}

const USE = ['lastUsedAt', 'expiresAt', 'shownUsedAt', 'shownExpiresAt']
const SECRETS = ['secretHash', 'salt', 'rotatedAtMs', 'endedAt']

const VERIFY_TOKENS = reading(['GetItem'], ['disabled', 'generation'])
const RECOGNISE_CHANGES = reading(['GetItem'], ['requestId'])
const READ_PROFILES = onItems(['BatchGetItem'], ['user#*'])
const READ_USERS = onItems(['BatchGetItem'], ['user#*', 'name#*'])
/** Everything about a session, and what its validity depends on: no password hash. */
const readSessions = (operation: string) =>
  reading(
    [operation],
    [
      ...SECRETS,
      'createdAt',
      ...USE,
      'sourceIp',
      'userAgent',
      'username',
      'role',
      'disabled',
      'generation',
      'sessionGeneration',
      'survivingSession',
    ],
  )
const CHANGE_SESSIONS = writing(['UpdateItem'], ['user#*'], [...SECRETS, ...USE])
const REVOKE = ['generation', 'sessionGeneration', 'survivingSession', 'requestId']

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
      READ_USERS,
      counting(['name#*', 'source#*'], ['ids', 'expiresAt']),
      writing(
        ['PutItem', 'UpdateItem'],
        ['user#*'],
        [
          ...SECRETS,
          'sessionGeneration',
          'createdAt',
          ...USE,
          'sourceIp',
          'userAgent',
          'generation',
          'passwordHash',
        ],
      ),
    ],
    refresh: [readKeys, sign, readSessions('BatchGetItem'), CHANGE_SESSIONS],
    logout: [
      readSessions('BatchGetItem'),
      CHANGE_SESSIONS,
      RECOGNISE_CHANGES,
      writing(['UpdateItem'], ['user#*'], REVOKE),
    ],
    sessions: [readSessions('BatchGetItem'), readSessions('Query')],
    'end-session': [readSessions('BatchGetItem'), CHANGE_SESSIONS],
    password: [
      READ_PROFILES,
      RECOGNISE_CHANGES,
      counting(['user#*', 'source#*'], ['ids', 'expiresAt', 'passwordHash', 'changedAt', ...REVOKE]),
    ],
    userinfo: [
      reading(['BatchGetItem'], ['username', 'role', 'disabled', 'generation', 'email', 'emailVerified']),
    ],
    me: [
      reading(
        ['BatchGetItem'],
        ['username', 'role', 'disabled', 'generation', 'email', 'emailVerified', 'createdAt', 'changedAt'],
      ),
    ],
    'delete-me': [
      READ_PROFILES,
      counting(['user#*', 'source#*'], ['ids', 'expiresAt']),
      deletingInTransactions(['user#*', 'name#*'], ['username', 'email', 'generation', 'userId']),
    ],
    jwks: [readKeys],
  }
}
