import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { type AwsCall, type AwsSettings, awsClient, withTimeout } from '../lib/aws/client.ts'
import type { Table } from '../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { addUser } from '../lib/users/store.ts'
import { newUser, type Role } from '../lib/users/user.ts'
import { createKms } from './kms.ts'

/** A CloudFormation resource, as `serverless.yml` includes it, variables resolved. */
export interface Resource {
  Type: string
  Properties: Record<string, unknown>
}

/** What the local AWS is, for whoever wants to call it. */
export interface LocalAws {
  settings: AwsSettings & { endpoints: { dynamodb: URL; kms: URL } }
  /** Stops both servers, connections included. */
  stop(): void
}

/** Users that exist on a developer's machine only; each one's password is its name. */
export const DEMO_USERS: readonly { username: string; role: Role }[] = [
  { username: 'user', role: 'user' },
  { username: 'admin', role: 'admin' },
]

const PATIENCE_MS = 10_000

/**
 * Starts, in memory and on the loopback interface, what AWS provides: DynamoDB with the tables and KMS with
 * the keys that CloudFormation would make, and the demo users in the table.
 *
 * Nothing of it keeps a process alive.
 *
 * @param resources - All resources of the service; tables and key aliases are looked for among them.
 * @param region - Region the resources are in.
 * @param dynamoDbPort - Port to take if it is free; otherwise any.
 */
export async function startLocalAws(
  resources: readonly Resource[],
  region: string,
  dynamoDbPort: number,
): Promise<LocalAws> {
  const ofType = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties)
  const aliases = ofType('AWS::KMS::Alias').map(({ AliasName }) => String(AliasName))
  const servers = [dynalite({ createTableMs: 0 }), await createKms(aliases, region)] as const
  const dynamodb = await listen(servers[0], dynamoDbPort)
  const kms = await listen(servers[1], 0)
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const settings = { region, credentials, endpoints: { dynamodb, kms } }

  const aws = withTimeout(awsClient(settings), PATIENCE_MS)
  for (const table of ofType('AWS::DynamoDB::Table')) {
    await createTable(aws, table)
    await addDemoUsers({ aws, name: String(table.TableName) })
  }
  return {
    settings,
    stop() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

async function listen(server: Server, port: number): Promise<URL> {
  server.unref()
  server.on('connection', (socket) => socket.unref())
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await once(server.listen(0, '127.0.0.1'), 'listening')
  }
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function createTable(aws: AwsCall, properties: Record<string, unknown>): Promise<void> {
  const { TableName, AttributeDefinitions, KeySchema, BillingMode } = properties
  const table = { TableName, AttributeDefinitions, KeySchema, BillingMode }
  await aws('dynamodb', 'CreateTable', table)
  for (let status: unknown; status !== 'ACTIVE'; ) {
    const { Table } = await aws('dynamodb', 'DescribeTable', { TableName })
    status = (Table as { TableStatus: string }).TableStatus
  }
}

async function addDemoUsers(table: Table): Promise<void> {
  // A moment ago: what is issued in a user's first second counts from the next one on.
  const begun = new Date()
  begun.setSeconds(begun.getSeconds() - 1)
  for (const { username, role } of DEMO_USERS) {
    const user = newUser(username, role, hashPassword(username, randomBytes(SALT_BYTES)), begun)
    await addUser(table, user)
  }
}
