import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { ROLES, type Role } from '../lib/application/roles.ts'
import { type AwsCall, awsClient, withTimeout } from '../lib/aws/client.ts'
import type { Table } from '../lib/aws/dynamodb.ts'
import type { AwsSettings, Service } from '../lib/aws/settings.ts'
import { type Act, eventsTableOf } from '../lib/events/event.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { createUser } from '../lib/users/names.ts'
import { newUser, USER_RANDOM_BYTES } from '../lib/users/user.ts'
import { START } from '../project/commands.ts'
import { addDemoClients } from './demo-clients.ts'
import { createDynamoDb } from './dynamodb/dynamodb.ts'
import { createDeliveries, type DeliverySettings } from './events/deliveries.ts'
import { createEventBridge } from './events/event-bridge.ts'
import { createStream } from './events/stream.ts'
import { createKms } from './kms/kms.ts'
import { createLambda, type LambdaSettings } from './lambda/lambda.ts'
import { createMailbox, type Mail, type Mailbox } from './mail/mailbox.ts'
import { createSes } from './mail/ses.ts'
import { listenAnywhere } from './ports.ts'
import { withoutPages } from './web-pages.ts'

/** A CloudFormation resource of `serverless.yml`, variables resolved. */
export interface Resource {
  Type: string
  Properties: Record<string, unknown>
}

/** Resources by logical id, or a list of them. */
export type Resources = Readonly<Record<string, Resource>> | readonly Resource[]

/** A running local AWS. */
export interface LocalAws {
  settings: Omit<AwsSettings, 'endpoints'> & { endpoints: Record<Exclude<Service, 'invocation'>, URL> }
  /** The mails that were sent with SES. */
  mailbox: Mailbox
  /** Stops the servers and closes their connections. */
  stop(): void
}

/** How events leave the table of events. */
export interface EventSettings extends Omit<DeliverySettings, 'pausesMs'> {
  /** Deployed name of the function that puts them on the bus. */
  publisher: string
  /** Name of the bus. */
  bus: string
}

/** What SES, Lambda and EventBridge need to know of the service. Without it, no sender is verified and no function exists. */
export interface MailSettings extends Omit<LambdaSettings, 'region'> {
  /** Without it no event leaves. */
  events?: EventSettings | undefined
  /** Addresses and domains that mails may be sent from. */
  verifiedIdentities: readonly string[]
  /** Called for each mail, when it is in the mailbox. */
  onMail(mail: Mail): void
}

const NO_MAIL: MailSettings = {
  verifiedIdentities: [],
  functionNames: [],
  pausesMs: [],
  invoke: () => Promise.reject(new Error('no functions')),
  onMail() {},
  onDeadLetter() {},
}

/** Users that exist on a developer's machine only: one of each role, whose name and password are that of the role. */
export const DEMO_USERS: readonly { username: string; role: Role }[] = ROLES.map((role) => ({
  username: role,
  role,
}))

const PATIENCE_MS = 10_000

/** Pause before the stream of events sends what failed again. */
const STREAM_PAUSE_MS = 1_000

/**
 * Starts the parts of AWS that the service calls, in memory and on the loopback interface: DynamoDB with the tables, and
 * KMS with the keys, that CloudFormation would create; SES, Lambda for asynchronous invocations, and EventBridge. Adds the demo users
 * and the demo clients to the table. Web pages cannot call any of them.
 *
 * Its servers do not keep a process running.
 *
 * @param resources - All resources of the service, by logical id. Tables, key aliases and the specs of their keys are read from
 *   them. In a list, which has no ids, each alias is that of a signing key.
 * @param region - Region of the resources.
 * @param mail - For SES, Lambda and EventBridge.
 * @param taken - Whether a program that starts later wants a port.
 */
export async function startLocalAws(
  resources: Resources,
  region: string,
  mail: Partial<MailSettings> = {},
  taken: (port: number) => boolean = () => false,
): Promise<LocalAws> {
  const ofType = (type: string) =>
    Object.values(resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties)
  const isSymmetric = ({ TargetKeyId }: Resource['Properties']) =>
    new Map(Object.entries(resources)).get(Object(TargetKeyId).Ref)?.Properties.KeySpec ===
    'SYMMETRIC_DEFAULT'
  const aliases = (symmetric: boolean) =>
    ofType('AWS::KMS::Alias')
      .filter((alias) => isSymmetric(alias) === symmetric)
      .map(({ AliasName }) => String(AliasName))
  const { verifiedIdentities, onMail, events, ...lambda } = { ...NO_MAIL, ...mail }
  const mailbox = createMailbox()
  const deliver = (one: Mail) => {
    mailbox.add(one)
    onMail(one)
  }
  const kms = await createKms(aliases(false), region, aliases(true))
  const tables = ofType('AWS::DynamoDB::Table')
  const names = tables.map(({ TableName }) => String(TableName))
  const name = names.find((one) => names.includes(eventsTableOf({ name: one })))
  const [eventBridge, onInsertions] = eventsOf(events, { ...lambda, region }, String(name))
  const dynamoDb = createDynamoDb(Date.now, onInsertions)
  const servers = {
    dynamodb: withoutPages(withOthers(dynamoDb, createLambda({ ...lambda, region }), kms, eventBridge)),
    kms: withoutPages(kms),
    ses: withoutPages(createSes(verifiedIdentities, region, deliver)),
  }
  const dynamodb = await listen(servers.dynamodb, taken)
  const endpoints = {
    dynamodb,
    lambda: dynamodb,
    kms: await listen(servers.kms, taken),
    ses: await listen(servers.ses, taken),
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const settings = { region, credentials, endpoints }

  // One attempt has all of the time: on a busy machine, a second `CreateTable` would find the table of the first.
  const aws = withTimeout(awsClient(settings, PATIENCE_MS), PATIENCE_MS)
  for (const table of tables) await createTable(aws, table)
  if (name !== undefined) {
    await addDemoUsers({ aws, name })
    await addDemoClients({ aws, name }, localAct(new Date()))
  }
  return {
    settings,
    mailbox,
    stop() {
      for (const server of Object.values(servers)) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

/**
 * Returns an EventBridge, and what takes the new items of transactions on their way to it. Without settings, nothing leaves the table.
 *
 * @param name - Of the main table.
 */
function eventsOf(
  events: EventSettings | undefined,
  { region, pausesMs, invoke }: LambdaSettings,
  name: string,
): [eventBridge?: Server, onInsertions?: ReturnType<typeof createStream>] {
  if (events === undefined) return []
  const { publisher, bus } = events
  const onEvent = createDeliveries({ ...events, pausesMs })
  const onInsertions = createStream({
    region,
    table: eventsTableOf({ name }),
    pauseMs: STREAM_PAUSE_MS,
    invoke: (event) => invoke(publisher, event, randomUUID()),
  })
  return [createEventBridge({ region, bus, onEvent }), onInsertions]
}

/** Creates a server at one address for all, because operators' commands know the address of DynamoDB only. */
const withOthers = (dynamoDb: Server, lambda: Server, kms: Server, eventBridge = dynamoDb): Server =>
  createServer((request, response) => {
    const [service] = String(request.headers['x-amz-target']).split('.')
    const servers: Record<string, Server> = { TrentService: kms, AWSEvents: eventBridge }
    const other = request.url?.startsWith('/2015-03-31/') ? lambda : dynamoDb
    const server = servers[String(service)] ?? other
    server.emit('request', request, response)
  })

/** Longer than a busy process pauses. A client that sends as a server closes its idle connection loses the request. */
const KEEP_ALIVE_MS = 60_000

async function listen(server: Server, taken: (port: number) => boolean): Promise<URL> {
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.unref()
  server.on('connection', (socket) => socket.unref())
  return listenAnywhere(server, taken)
}

async function createTable(aws: AwsCall, properties: Record<string, unknown>): Promise<void> {
  const { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = properties
  const table = { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode }
  await aws('dynamodb', 'CreateTable', table)
  for (let status: unknown; status !== 'ACTIVE'; ) {
    const { Table } = await aws('dynamodb', 'DescribeTable', { TableName })
    status = (Table as { TableStatus: string }).TableStatus
  }
}

/** Returns the act of the local service, which adds users and tokens for its developer. */
export const localAct = (now: Date): Act => ({
  actor: 'system',
  via: START,
  requestId: randomUUID(),
  now,
})

async function addDemoUsers(table: Table): Promise<void> {
  const now = new Date()
  for (const { username, role } of DEMO_USERS) {
    const passwordHash = await hashPassword(username, randomBytes(SALT_BYTES))
    const values = { username, role, passwordHash }
    await createUser(table, newUser(values, now, randomBytes(USER_RANDOM_BYTES)), localAct(now))
  }
}
