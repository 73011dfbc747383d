import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import type { Item, Table } from '../../lib/aws/dynamodb.ts'
import { checkPassword } from '../../lib/passwords/verify.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { putSession } from '../../lib/sessions/store.ts'
import { findUser } from '../../lib/users/store.ts'
import { startLocalAws } from '../../local/aws.ts'
import { begin, type Outcome } from './command.ts'

const USERS = 'scripts/users.ts'

export const PASSWORD = 'correct horse battery staple'

/** A hash as good as any; nobody knows its password. */
export const readyHash = () => {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=19456,t=2,p=1$${base64(16)}$${base64(32)}`
}

/** A folder for the test that asks, gone when it is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'users-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

export type Store = Awaited<ReturnType<typeof startStore>>

/** Starts a local DynamoDB with the tables of the stages `dev` and `other`, and no demo users in them. */
export async function startStore() {
  const local = await startLocalAws(['dev', 'other'].map(tableResource), 'eu-central-1', 0)
  const endpoint = local.settings.endpoints.dynamodb.origin
  const tableOf = (stage: string): Table => ({
    aws: withTimeout(awsClient(local.settings), 10_000),
    name: `serverless-jwt-auth-${stage}`,
  })
  const table = tableOf('dev')
  for (const stage of ['dev', 'other']) await empty(tableOf(stage))
  return {
    endpoint,
    table,
    tableOf,
    stop: () => local.stop(),
    /** Starts a command on the accounts of the stage `dev`. */
    begin: (...args: string[]) => begin(USERS, [...args, '--local', '--endpoint', endpoint]),
    /** Runs a command on the accounts of the stage `dev`, to its end. */
    run: (args: string[], input = '') => run([...args, '--local', '--endpoint', endpoint], input),
    items: () => itemsOf(table),
    user: (username: string) => findUser(table, username),
    canLogIn: async (username: string, password: string) =>
      (await checkPassword(table, NO_LIMITS, { username, password, sourceIp: '192.0.2.1' })) !== undefined,
    /** Begins a session as a login does. */
    signIn: async (username: string, userAgent = 'test') => {
      const user = await findUser(table, username)
      if (user === undefined) throw new Error(`there is no ${username}`)
      const origin = { sourceIp: '192.0.2.1', userAgent }
      const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
      const { session } = startSession(user, origin, lifetimes, new Date(), randomBytes(SESSION_RANDOM_BYTES))
      await putSession(table, session)
      return session
    },
  }
}

/** Runs a command to its end. */
export async function run(args: string[], input = '', env: Record<string, string> = {}): Promise<Outcome> {
  const { child, outcome } = begin(USERS, args, env)
  // A command that refuses at once reads nothing.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return await outcome
}

const unlimited = { failures: 1_000, windowSeconds: 60 }
const NO_LIMITS = { userAndSource: unlimited, source: unlimited, user: unlimited }

const tableResource = (stage: string) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: `serverless-jwt-auth-${stage}`,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  },
})

async function itemsOf({ aws, name }: Table): Promise<Item[]> {
  const items: Item[] = []
  for (let from: object | undefined = {}; from !== undefined; ) {
    const answer = await aws('dynamodb', 'Scan', { TableName: name, ...from })
    items.push(...(answer.Items as Item[]))
    from = answer.LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: answer.LastEvaluatedKey }
  }
  return items
}

async function empty(table: Table): Promise<void> {
  for (const { pk, sk } of await itemsOf(table)) {
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
  }
}
