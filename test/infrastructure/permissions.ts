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
    },
  )

/** A read names its attributes. A write may name its key only, and AWS does not say whether keys count. */
function reading(operations: string[], attributes: string[], partitions = ['user#*']): Statement {
  const select = { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }
  const { Condition, ...rest } = onAttributes(operations, partitions, attributes, select)
  return { ...rest, Condition: { ...Object(Condition), Null: { 'dynamodb:Attributes': 'false' } } }
}
const writing = (operations: string[], partitions: string[], attributes: string[]) =>
  onAttributes(operations, partitions, attributes, { 'dynamodb:ReturnValues': 'NONE' })
/** As {@link writing}, and the response may contain the attributes just written. */
const counting = (partitions: string[], attributes: string[]) =>
  onAttributes(['UpdateItem'], partitions, attributes, { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_NEW'] })

/** As {@link writing}, only within a transaction. Conditions of the writes may name these attributes too. */
const inTransactions = (operations: string[], partitions: string[], attributes: string[]) => {
  const { Condition, ...rest } = writing(operations, partitions, attributes)
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
      'factors',
      'amr',
    ],
  )
const CHANGE_SESSIONS = writing(['UpdateItem'], ['user#*'], [...SECRETS, ...USE])
const GENERATIONS = ['generation', 'sessionGeneration', 'survivingSession']
const REVOKE = [...GENERATIONS, 'requestId']
const NEW_SESSION = [
  'secretHash',
  'salt',
  'rotatedAtMs',
  'sessionGeneration',
  'createdAt',
  ...USE,
  'sourceIp',
  'userAgent',
  'amr',
]
const ATTEMPTS = ['ids', 'expiresAt']

/** What the password step knows about a sign-in. */
const NEW_LOGIN = [
  'purpose',
  'secretHash',
  'userId',
  'generation',
  'loginName',
  'inCookie',
  'replaces',
  'pairSk',
  'pairAttempts',
  'expiresAt',
]

const PROFILE = [
  'username',
  'role',
  'disabled',
  'generation',
  'sessionGeneration',
  'email',
  'emailVerified',
  'emailAsWritten',
  'passwordHash',
  'requestId',
  'createdAt',
  'changedAt',
]

const PROOF = ['kind', 'secretHash', 'codeHash', 'codeExpiresAt']
const BOUND_TO = ['userId', 'generation', 'email']
const READ_CONFIRMATIONS = reading(
  ['BatchGetItem'],
  [...PROOF, 'expiresAt', 'spentAt', ...BOUND_TO],
  ['mail#*'],
)
const SPEND_CONFIRMATIONS = inTransactions(['UpdateItem'], ['mail#*'], ['spentAt'])
const COUNT_PROOFS = counting(['mail#*', 'source#*'], ATTEMPTS)
const MARK_SOURCES = writing(['UpdateItem'], ['name#*'], ['expiresAt', 'ownerId'])
const READ_LOGINS = reading(['BatchGetItem'], [...NEW_LOGIN, 'provedAt', 'spentBy'], ['login#*'])
const COUNT_LOGIN_TRIES = counting(['login#*'], ATTEMPTS)
const SPEND_LOGINS = inTransactions(['UpdateItem'], ['login#*'], ['spentBy'])
const CANCEL_FACTOR_RESETS = inTransactions(['DeleteItem'], ['user#*'], [])
/** The steps of a sign-in after the password, up to its completion. A function that has them also signs and notifies. */
const COMPLETE_SIGN_INS = [READ_LOGINS, COUNT_LOGIN_TRIES, SPEND_LOGINS, ...storeSignIns()]

/** The completion alone, for a passkey that is both factors. */
function storeSignIns(): Statement[] {
  return [
    reading(['BatchGetItem'], [...ATTEMPTS, 'ownerId'], ['user#*', 'name#*']),
    inTransactions(['PutItem'], ['user#*'], NEW_SESSION),
    writing(['UpdateItem'], ['user#*'], ['secretHash', 'salt', 'endedAt', 'expiresAt']),
    CANCEL_FACTOR_RESETS,
    writing(['UpdateItem'], ['user#*', 'name#*'], ['ids']),
    MARK_SOURCES,
  ]
}
const COUNT_MAIL_REQUESTS = counting(['source#*'], ATTEMPTS)

/** Uses the key of second factors, under a context with exactly the key `user`. */
const underUserId = (action: string) =>
  allow([action], [arn('FactorKey')], {
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['user'] },
    Null: { 'kms:EncryptionContextKeys': 'false' },
  })

const ENCRYPT_SECRETS = underUserId('kms:Encrypt')
const DECRYPT_SECRETS = underUserId('kms:Decrypt')

const CHANGE_FACTORS = inTransactions(
  ['UpdateItem'],
  ['user#*'],
  ['factors', 'requestId', 'changedAt', ...GENERATIONS],
)
const STORE_RECOVERY_CODES = inTransactions(['PutItem'], ['user#*'], ['codes', 'createdAt'])
const STORE_APPS = inTransactions(
  ['PutItem', 'DeleteItem'],
  ['user#*'],
  ['ciphertext', 'lastStep', 'createdAt'],
)

const NEW_PASSKEY = [
  'credentialId',
  'publicKey',
  'counter',
  'transports',
  'deviceType',
  'backedUp',
  'uvInitialized',
  'name',
  'createdAt',
]
const LIST_PASSKEYS = reading(['Query'], [...NEW_PASSKEY, 'lastUsedAt'])
const CHALLENGE = ['kind', 'userId', 'generation', 'loginTokenId', 'expiresAt']
const STORE_CHALLENGES = writing(['PutItem'], ['challenge#*'], CHALLENGE)
const READ_CHALLENGES = reading(['BatchGetItem'], [...CHALLENGE, 'spentBy'], ['challenge#*'])
const SPEND_CHALLENGES = inTransactions(['UpdateItem'], ['challenge#*'], ['spentBy'])

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

/** Invocations of the mailer, by its name. */
const invokeMailer = (stage: string) =>
  allow(
    ['lambda:InvokeFunction'],
    [
      {
        'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:serverless-jwt-auth-${stage}-mailer`,
      },
    ],
  )

/** Mails of a sender. SES checks identities of recipients too, and configuration sets: record 102. */
function sendMails(sender: string): Statement {
  const own = `arn:\${AWS::Partition}:ses:\${AWS::Region}:\${AWS::AccountId}:`
  return allow(
    ['ses:SendEmail'],
    [{ 'Fn::Sub': `${own}identity/*` }, { 'Fn::Sub': `${own}configuration-set/*` }],
    { StringEquals: { 'ses:FromAddress': sender } },
  )
}

/** What the permissions of a stage depend on. */
interface Stage {
  /** Logical ids of the published keys. */
  keys?: string[]
  name?: string
  /** Sender of mails. Without one there is no mailer, and no function may invoke it. */
  sender?: string | undefined
}

/**
 * Lists what functions may do in addition to logging and tracing.
 *
 * A function without an entry may log and trace, and nothing else. A function of yours that needs more is listed here,
 * so that a change of permissions is always a change of this file too.
 */
export function permissions({ keys = [], name = 'prod', sender }: Stage): Record<string, Statement[]> {
  const readKeys = allow(['kms:GetPublicKey'], keys.map(arn))
  const sign = allow(['kms:Sign'], keys.map(arn), {
    StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
  })
  const notify = sender === undefined ? [] : [invokeMailer(name)]
  const common = {
    authorizer: [readKeys, VERIFY_TOKENS],
    login: [
      readKeys,
      sign,
      READ_USERS,
      ...notify,
      counting(['name#*', 'source#*'], [...ATTEMPTS, 'ownerId']),
      writing(['PutItem'], ['login#*'], NEW_LOGIN),
      reading(['Query'], []),
      inTransactions(['DeleteItem'], ['user#*', 'credential#*'], ['userId', 'requestId', 'announcedAt']),
      CHANGE_FACTORS,
      RECOGNISE_CHANGES,
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
          'amr',
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
      ...notify,
      counting(['user#*', 'source#*'], [...ATTEMPTS, 'passwordHash', 'changedAt', ...REVOKE]),
    ],
    userinfo: [
      reading(['BatchGetItem'], ['username', 'role', 'disabled', 'generation', 'email', 'emailVerified']),
    ],
    me: [
      reading(
        ['BatchGetItem'],
        [
          'username',
          'role',
          'disabled',
          'generation',
          'email',
          'emailVerified',
          'emailAsWritten',
          'createdAt',
          'changedAt',
          'factors',
          'externalId',
          'codes',
        ],
      ),
    ],
    'login-factor': [
      readKeys,
      sign,
      DECRYPT_SECRETS,
      READ_PROFILES,
      ...COMPLETE_SIGN_INS,
      ...notify,
      counting(['user#*'], ATTEMPTS),
      inTransactions(['UpdateItem'], ['user#*'], ['lastStep', 'createdAt', 'codes']),
    ],
    factors: [
      ENCRYPT_SECRETS,
      READ_PROFILES,
      RECOGNISE_CHANGES,
      CHANGE_FACTORS,
      STORE_RECOVERY_CODES,
      LIST_PASSKEYS,
      STORE_CHALLENGES,
      ...notify,
      counting(['user#*', 'source#*'], ATTEMPTS),
      writing(['PutItem'], ['user#*'], ['ciphertext', 'generation', 'expiresAt']),
      inTransactions(['DeleteItem'], ['user#*', 'credential#*'], ['userId']),
    ],
    'confirm-totp': [
      DECRYPT_SECRETS,
      READ_PROFILES,
      RECOGNISE_CHANGES,
      CHANGE_FACTORS,
      STORE_RECOVERY_CODES,
      counting(['user#*'], ATTEMPTS),
      STORE_APPS,
      ...notify,
    ],
    'enrol-totp': [
      readKeys,
      sign,
      DECRYPT_SECRETS,
      READ_PROFILES,
      READ_LOGINS,
      SPEND_LOGINS,
      ...storeSignIns(),
      CHANGE_FACTORS,
      STORE_RECOVERY_CODES,
      counting(['user#*'], ATTEMPTS),
      STORE_APPS,
      ...notify,
    ],
    'delete-me': [
      READ_PROFILES,
      ...notify,
      counting(['user#*', 'source#*'], ATTEMPTS),
      reading(['Query'], []),
      inTransactions(
        ['DeleteItem'],
        ['user#*', 'name#*', 'credential#*'],
        ['username', 'email', 'generation', 'requestId', 'userId'],
      ),
    ],
    'login-passkey': [
      readKeys,
      sign,
      READ_PROFILES,
      ...COMPLETE_SIGN_INS,
      ...notify,
      LIST_PASSKEYS,
      STORE_CHALLENGES,
      READ_CHALLENGES,
      SPEND_CHALLENGES,
      counting(['user#*', 'source#*'], ATTEMPTS),
      inTransactions(['UpdateItem'], ['user#*'], ['counter', 'backedUp', 'uvInitialized', 'lastUsedAt']),
    ],
    passkeys: [VERIFY_TOKENS, LIST_PASSKEYS, writing(['UpdateItem'], ['user#*'], ['name'])],
    'add-passkey': [
      READ_PROFILES,
      LIST_PASSKEYS,
      READ_CHALLENGES,
      SPEND_CHALLENGES,
      RECOGNISE_CHANGES,
      CHANGE_FACTORS,
      STORE_RECOVERY_CODES,
      ...notify,
      readKeys,
      sign,
      READ_LOGINS,
      SPEND_LOGINS,
      ...storeSignIns(),
      inTransactions(['PutItem'], ['user#*', 'credential#*'], ['userId', ...NEW_PASSKEY]),
    ],
    enrolment: [
      ENCRYPT_SECRETS,
      READ_LOGINS,
      READ_PROFILES,
      READ_CONFIRMATIONS,
      COUNT_PROOFS,
      SPEND_CONFIRMATIONS,
      COUNT_LOGIN_TRIES,
      counting(['user#*'], ATTEMPTS),
      CANCEL_FACTOR_RESETS,
      ...notify,
      LIST_PASSKEYS,
      STORE_CHALLENGES,
      inTransactions(['DeleteItem'], ['user#*'], ['codeHash']),
      writing(['PutItem'], ['user#*'], ['ciphertext', 'generation', 'expiresAt', 'loginTokenId']),
      inTransactions(['UpdateItem'], ['login#*'], ['provedAt', 'spentBy']),
    ],
    jwks: [readKeys],
  }
  if (sender === undefined) return common
  return {
    ...common,
    forgot: [COUNT_MAIL_REQUESTS, ...notify],
    register: [COUNT_MAIL_REQUESTS, ...notify],
    reset: [
      READ_CONFIRMATIONS,
      READ_PROFILES,
      COUNT_PROOFS,
      SPEND_CONFIRMATIONS,
      RECOGNISE_CHANGES,
      MARK_SOURCES,
      ...notify,
      inTransactions(['UpdateItem'], ['user#*'], ['passwordHash', 'emailVerified', 'changedAt', ...REVOKE]),
    ],
    'new-account': [
      readKeys,
      sign,
      READ_CONFIRMATIONS,
      COUNT_PROOFS,
      SPEND_CONFIRMATIONS,
      RECOGNISE_CHANGES,
      MARK_SOURCES,
      writing(
        ['PutItem'],
        ['login#*'],
        [
          'purpose',
          'secretHash',
          'userId',
          'generation',
          'loginName',
          'inCookie',
          'replaces',
          'expiresAt',
          'provedAt',
        ],
      ),
      reading(['BatchGetItem'], ['role'], ['mail#*']),
      reading(['BatchGetItem'], ['userId'], ['name#*']),
      inTransactions(['PutItem'], ['user#*', 'name#*'], ['userId', ...PROFILE]),
      writing(['PutItem'], ['user#*'], NEW_SESSION),
      writing(['UpdateItem'], ['user#*'], ['secretHash', 'salt', 'endedAt', 'expiresAt']),
    ],
    'change-email': [READ_PROFILES, ...notify, counting(['user#*', 'source#*'], ATTEMPTS)],
    'confirm-email': [
      READ_CONFIRMATIONS,
      READ_PROFILES,
      COUNT_PROOFS,
      SPEND_CONFIRMATIONS,
      RECOGNISE_CHANGES,
      ...notify,
      inTransactions(
        ['UpdateItem'],
        ['user#*'],
        ['username', 'email', 'emailVerified', 'emailAsWritten', 'changedAt', 'generation', 'requestId'],
      ),
      inTransactions(['PutItem', 'DeleteItem'], ['name#*'], ['userId']),
    ],
    mailer: [
      allow(['sqs:SendMessage'], [arn('FailedMails')]),
      sendMails(sender),
      reading(
        ['BatchGetItem'],
        [
          'userId',
          'username',
          'role',
          'disabled',
          'generation',
          'email',
          'emailVerified',
          'emailAsWritten',
          'requestId',
          'announcedAt',
          'delaySeconds',
          'claimId',
          'invocationId',
          'sentAt',
        ],
        ['user#*', 'name#*', 'mail#*'],
      ),
      writing(
        ['PutItem', 'UpdateItem'],
        ['mail#*'],
        ['claimId', 'invocationId', 'sentAt', 'refusedAt', 'expiresAt', ...PROOF, ...BOUND_TO],
      ),
      inTransactions(['UpdateItem'], ['user#*'], ['requestId', 'announcedAt', 'delaySeconds']),
      counting(['recipient#*'], ATTEMPTS),
    ],
  }
}
