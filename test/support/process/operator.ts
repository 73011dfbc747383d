import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { operatorClient } from '../../../lib/aws/operator.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'
import { verifyUserPassword } from '../../../lib/passwords/verify.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../../lib/sessions/session.ts'
import { findUserByName } from '../../../lib/users/store.ts'
import { type MailSettings, startLocalAws } from '../../../local/aws.ts'
import { usersCommand } from '../../../scripts/users/command.ts'
import { atEnd } from '../at-end.ts'
import { asOperator, storeSession } from '../users/users.ts'
import { begin, beginInProcess, type Outcome } from './command.ts'
import { describeService, tableResources } from './service-description.ts'

export const PASSWORD = 'correct horse battery staple'

/** Creates a valid hash whose password is unknown. */
export const readyHash = () => {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=19456,t=2,p=1$${base64(16)}$${base64(32)}`
}

/** Creates a folder, and deletes it when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'users-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

export type Store = Awaited<ReturnType<typeof useStore>>

/**
 * Starts a local DynamoDB with the tables of the stages `dev` and `other`, and the key of factors of `dev`, without demo users, until the end of the file or of the test.
 *
 * @param mail - For Lambda, if commands send mails.
 */
export async function useStore(mail: Partial<MailSettings> = {}) {
  const service = describeService()
  const { FactorKey, FactorKeyAlias } = service.resources.Resources
  const tables = ['dev', 'other'].flatMap((stage) =>
    tableResources(service, `serverless-jwt-auth-${stage}-auth`),
  )
  const local = await startLocalAws(
    { ...tables, ...(FactorKey && FactorKeyAlias && { FactorKey, FactorKeyAlias }) },
    'eu-central-1',
    mail,
  )
  atEnd(() => local.stop())
  const endpoint = local.settings.endpoints.dynamodb.origin
  const tableOf = (stage: string) =>
    asOperator({ aws: operatorClient(local.settings), name: `serverless-jwt-auth-${stage}-auth` })
  const table = tableOf('dev')
  for (const stage of ['dev', 'other']) {
    await empty(tableOf(stage))
    await empty({ ...tableOf(stage), name: eventsTableOf(tableOf(stage)) })
  }
  const target = ['--local', '--endpoint', endpoint]
  return {
    endpoint,
    table,
    tableOf,
    stop: () => local.stop(),
    /** Deletes all items of the stage `dev`. */
    clear: () => empty(table),
    /** Starts a command on the stage `dev` as a process. */
    beginProcess: (...args: string[]) => begin('scripts/users.ts', [...args, ...target]),
    /** Starts a command on the stage `dev` in this process. */
    begin: (...args: string[]) => beginInProcess(usersCommand, [...args, ...target]),
    /** Runs a command on the stage `dev` to its end. */
    run: (args: string[], input = '') => run([...args, ...target], input),
    items: () => allItems(table, 'Scan', {}),
    user: (username: string) => findUserByName(table, username),
    canLogIn: async (username: string, password: string) =>
      (await verifyUserPassword({ user: await findUserByName(table, username) }, password)) !== undefined,
    /** Starts a session as a login does. */
    signIn: async (username: string, userAgent = 'test', secondsFromNow = 0) => {
      const user = await findUserByName(table, username)
      if (user === undefined) throw new Error(`user ${username} does not exist`)
      const origin = { sourceIp: '192.0.2.1', userAgent }
      const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
      const now = new Date(Date.now() + secondsFromNow * 1000)
      const { session } = startSession(
        user,
        { amr: 'pwd', inCookie: false, origin, lifetimes },
        now,
        randomBytes(SESSION_RANDOM_BYTES),
      )
      await storeSession(table, session)
      return session
    },
  }
}

/** Runs `users` to its end, in this process. */
export async function run(
  args: string[],
  input: string | Buffer = '',
  env: Record<string, string> = {},
): Promise<Outcome> {
  const { stdin, outcome } = beginInProcess(usersCommand, args, env)
  stdin.end(input)
  return await outcome
}

async function empty(table: Table): Promise<void> {
  for (const { pk, sk } of await allItems(table, 'Scan', {})) {
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
  }
}
