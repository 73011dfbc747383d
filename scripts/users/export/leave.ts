import { transact } from '../../../lib/aws/dynamodb.ts'
import { eventOf, SERVICE } from '../../../lib/events/event.ts'
import { createDirectory, type NewDirectory } from '../../cli/files/directory.ts'
import type { Io } from '../../cli/io.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import { startProgress } from '../../cli/terminal/progress.ts'
import { noticeUnknownRoles } from '../store.ts'
import { betterAuth } from './better-auth.ts'
import { cognito, readPoolHeader } from './cognito.ts'
import { json } from './json.ts'
import { keycloak } from './keycloak.ts'
import { shownLosses, startLosses } from './losses.ts'
import { decryptSecrets, readRecords, type UserRecord } from './records.ts'
import { supabase } from './supabase.ts'
import type { System, SystemOptions } from './systems.ts'

const SYSTEMS = { cognito, 'better-auth': betterAuth, keycloak, supabase, json } satisfies Record<
  string,
  System
>

/** A system that users can move to. */
export type SystemName = keyof typeof SYSTEMS

export const SYSTEM_NAMES = Object.keys(SYSTEMS) as SystemName[]

/** Options of `export --to`. */
export interface LeaveOptions {
  to: string
  for: SystemName
  withSecrets: boolean
  poolHeader?: string | undefined
  hashColumn?: string | undefined
}

/**
 * Exports all users into a new folder, as another system imports them. Standard error says what does not move, before anything is
 * written.
 *
 * @returns What it wrote.
 * @throws {@link Refusal} if the folder exists or cannot be written, the options do not fit, or the operator interrupted it. Then
 *   nothing is left of the folder.
 */
export async function leave(table: OperatorTable, options: LeaveOptions, io: Io): Promise<string> {
  const system = await systemOptionsOf(table, options)
  const ended = io.interruption()
  const directory = await createDirectory(options.to)
  try {
    return await writeAll(table, { ...options, system, directory, ended }, io)
  } catch (error) {
    await directory.discard()
    if (!ended.aborted) throw error
    throw new Refusal('interrupted', 'Interrupted. Nothing is left of the export.')
  }
}

interface Export extends LeaveOptions {
  system: SystemOptions
  directory: NewDirectory
  ended: AbortSignal
}

async function writeAll(table: OperatorTable, what: Export, io: Io): Promise<string> {
  const { system, directory, ended } = what
  const records = await readAll(table, what, io)
  const { lose, losses } = startLosses()
  const files = SYSTEMS[what.for].files(records, lose, system)
  io.stderr.write(shownLosses(losses, what.for))
  noticeUnknownRoles(
    records.map(({ user }) => user),
    io.stderr,
  )
  ended.throwIfAborted()
  await directory.complete(files, ended)
  const names = files.map(({ name }) => name).join(', ')
  return `Wrote ${names} to ${what.to}. They have password hashes${what.withSecrets ? ' and secrets' : ''}: delete them after the import.\n`
}

/** Reads the users, and records who has them for which system, before any of it leaves this process. */
async function readAll(
  table: OperatorTable,
  { for: ref, withSecrets, ended }: Export,
  io: Io,
): Promise<UserRecord[]> {
  const progress = startProgress(io.stderr, undefined, 'users')
  const records = await readRecords(table, ended, progress)
  ended.throwIfAborted()
  const happening = { type: 'users.exported', subject: SERVICE, ref, detail: String(records.length) } as const
  await transact(table, [eventOf(table, table.act(), happening)])
  if (withSecrets) {
    await decryptSecrets(table, records, ended, startProgress(io.stderr, undefined, 'secrets'))
  }
  ended.throwIfAborted()
  return records
}

/** Checks the options of Cognito, which no other system has. */
async function systemOptionsOf(
  table: OperatorTable,
  { for: name, poolHeader, hashColumn, withSecrets }: LeaveOptions,
): Promise<SystemOptions> {
  const realm = table.name
  if (name !== 'cognito') {
    if (poolHeader === undefined && hashColumn === undefined) return { realm, columns: [], hashColumn }
    throw new Refusal('usage', 'Use --pool-header and --hash-column only with --for cognito.')
  }
  if (withSecrets) throw new Refusal('usage', 'Cognito takes no secrets. Leave --with-secrets out.')
  if (poolHeader === undefined) {
    throw new Refusal(
      'usage',
      'The columns depend on the pool. Save the output of aws cognito-idp get-csv-header, and name the file with --pool-header.',
    )
  }
  return { realm, ...(await readPoolHeader(poolHeader, hashColumn)) }
}
