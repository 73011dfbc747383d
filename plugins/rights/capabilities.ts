/** Kinds of resources of the service. */
export type Kind =
  | 'table'
  | 'index'
  | 'backup'
  | 'events'
  | 'signing'
  | 'factors'
  | 'alias'
  | 'queue'
  | 'logs'
  | 'function'
  | 'role'

/** What an identity can do with a kind of resources. */
export interface Capability {
  kind: Kind
  /** After "could". */
  words: string
  /** Whether the policies of the tables deny it: see `wall.ts`. */
  isWalled?: true
  /** Actions of which one is enough. */
  actions: readonly string[]
}

const of = (service: string, names: string) => names.split(' ').map((name) => `${service}:${name}`)

const READS = of('dynamodb', 'GetItem BatchGetItem Query Scan PartiQLSelect')
const COPIES = of(
  'dynamodb',
  'ExportTableToPointInTime RestoreTableToPointInTime EnableKinesisStreamingDestination',
)
const CHANGES = of('dynamodb', 'PutItem UpdateItem BatchWriteItem PartiQLInsert PartiQLUpdate')
const DELETIONS = of('dynamodb', 'DeleteItem BatchWriteItem PartiQLDelete DeleteTable')

/** All that lines name, the worst first. */
export const CAPABILITIES: readonly Capability[] = [
  {
    kind: 'table',
    words: 'read all accounts and password hashes',
    isWalled: true,
    actions: [...READS, ...COPIES],
  },
  { kind: 'table', words: 'change passwords and roles', isWalled: true, actions: CHANGES },
  { kind: 'table', words: 'delete accounts', isWalled: true, actions: DELETIONS },
  {
    kind: 'table',
    words: 'let others use the table',
    isWalled: true,
    actions: of('dynamodb', 'PutResourcePolicy DeleteResourcePolicy'),
  },
  {
    kind: 'index',
    words: 'search all names and e-mail addresses',
    isWalled: true,
    actions: of('dynamodb', 'Query Scan PartiQLSelect'),
  },
  { kind: 'events', words: 'read who did what', isWalled: true, actions: [...READS, ...COPIES] },
  {
    kind: 'events',
    words: 'change the record of events',
    isWalled: true,
    actions: [...CHANGES, ...DELETIONS],
  },
  // The resource is the backup, which has no policy.
  {
    kind: 'backup',
    words: 'restore all accounts from a backup',
    actions: of('dynamodb', 'RestoreTableFromBackup'),
  },
  { kind: 'signing', words: 'sign tokens for any user', actions: of('kms', 'Sign CreateGrant PutKeyPolicy') },
  {
    kind: 'alias',
    words: 'put other keys in place of its keys',
    actions: of('kms', 'UpdateAlias CreateAlias DeleteAlias'),
  },
  { kind: 'signing', words: 'disable its keys', actions: of('kms', 'DisableKey ScheduleKeyDeletion') },
  {
    kind: 'factors',
    words: 'decrypt secrets of authenticator apps',
    actions: of('kms', 'Decrypt ReEncryptFrom CreateGrant PutKeyPolicy'),
  },
  { kind: 'factors', words: 'disable its keys', actions: of('kms', 'DisableKey ScheduleKeyDeletion') },
  {
    kind: 'function',
    words: 'replace the code of its functions',
    actions: of('lambda', 'UpdateFunctionCode UpdateFunctionConfiguration'),
  },
  {
    kind: 'role',
    words: 'take the rights of its functions',
    actions: of('iam', 'UpdateAssumeRolePolicy'),
  },
  // Past the gateway, and so with any address: no limit of guesses holds.
  {
    kind: 'function',
    words: 'call its functions as any client',
    actions: of('lambda', 'InvokeFunction InvokeAsync AddPermission'),
  },
  {
    kind: 'logs',
    words: 'read its logs',
    actions: of(
      'logs',
      'GetLogEvents FilterLogEvents StartQuery StartLiveTail CreateExportTask PutSubscriptionFilter',
    ),
  },
  {
    kind: 'logs',
    words: 'delete its logs',
    actions: of('logs', 'DeleteLogGroup DeleteLogStream PutRetentionPolicy'),
  },
  {
    kind: 'queue',
    words: 'take mails that failed',
    actions: of('sqs', 'ReceiveMessage DeleteMessage PurgeQueue DeleteQueue'),
  },
]

/** What a user has of each kind, in the order of lines. */
export const OWN: Record<Kind, string> = {
  table: 'tables',
  index: 'tables',
  backup: 'tables',
  events: 'tables',
  signing: 'keys',
  factors: 'keys',
  alias: 'keys',
  function: 'functions',
  role: 'roles',
  logs: 'log groups',
  queue: 'queues',
}
