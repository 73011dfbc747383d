import { createReadStream } from 'node:fs'
import { safeParse } from 'zod/mini'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { LoginName } from '../../lib/http/schemas/fields.ts'
import { type Administered, accountOf, findByNames } from '../../lib/operators/accounts.ts'
import { inParallel } from '../../lib/sequences.ts'
import { linesOf } from '../cli/files/lines.ts'
import { cannotRead } from '../cli/files/texts.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { startProgress } from '../cli/terminal/progress.ts'
import { shown } from './list/list.ts'

const CHANGES_IN_FLIGHT = 8

/** Options of a command that changes several users. */
export interface SeveralOptions {
  file?: string
  dryRun?: boolean
}

/** The users of a command, and what it has done to them, for the line at the end. */
type Several = SeveralOptions & { loginNames: readonly string[]; done?: string }

/** Makes the change of a command to the user of a login name. Returns what to print. */
export type Change = (loginName: string) => Promise<string>

/** A login name, and the words that its error begins with. */
interface Target {
  loginName: string
  place: string
}

/**
 * Changes users one by one, or prints whom a command would change. It reads all users first, and changes none if a name is
 * wrong. A user with two of the names is changed once.
 *
 * @param loginNames - From the command line. Without any, the file has them.
 * @throws {@link Refusal} if a name is wrong, a user was removed concurrently, or the operator interrupted the command.
 */
export async function changeUsers(
  table: Table,
  { loginNames, file, dryRun = false, done }: Several,
  change: Change,
  io: Io,
): Promise<void> {
  if ((loginNames.length === 0) === (file === undefined)) {
    throw new Refusal('usage', 'Use either usernames or --file.')
  }
  const [only, ...others] = loginNames
  if (only !== undefined && others.length === 0 && !dryRun) {
    io.stdout.write(await change(only))
    return
  }
  const targets =
    file === undefined ? loginNames.map((loginName) => ({ loginName, place: '' })) : await targetsIn(file, io)
  const users = await usersOf(table, targets, io)
  if (dryRun) {
    io.stdout.write(`${shown([...users.values()].map(accountOf), io)}Dry run. Nothing was changed.\n`)
  } else {
    await changeEach([...users.keys()], change, io, done)
  }
}

/** Reads the names in a file, one a line. */
async function targetsIn(file: string, io: Io): Promise<Target[]> {
  const targets: Target[] = []
  const faults: string[] = []
  const lines = linesOf(file === '-' ? io.stdin : createReadStream(file))
  try {
    for await (const line of lines) {
      const typed = 'text' in line ? line.text.trim() : undefined
      if (typed === '') continue
      const place = `line ${line.line}: `
      const { data: loginName, error } = safeParse(LoginName, typed)
      if (loginName === undefined) {
        const fault = 'fault' in line ? line.fault : `Invalid username: ${error?.issues[0]?.message}`
        faults.push(`${place}${fault}`)
      } else targets.push({ loginName, place })
    }
  } catch (error) {
    throw cannotRead(file, error)
  }
  refuseFaults(faults, io)
  if (targets.length === 0) throw new Refusal('usage', `${file} has no users.`)
  return targets
}

/** Finds the users, each once and with the first of its names. */
async function usersOf(table: Table, targets: readonly Target[], io: Io): Promise<Map<string, Administered>> {
  const found = await findByNames(
    table,
    targets.map(({ loginName }) => loginName),
  )
  refuseFaults(
    targets
      .filter(({ loginName }) => !found.has(loginName))
      .map(({ place, loginName }) => `${place}User ${loginName} does not exist.`),
    io,
  )
  const ids = new Set<string>()
  return new Map([...found].filter(([, { id }]) => !ids.has(id) && ids.add(id)))
}

function refuseFaults(faults: readonly string[], { stderr }: Io): void {
  if (faults.length === 0) return
  for (const fault of faults) stderr.write(`${fault}\n`)
  throw new Refusal('refused', 'Nothing was changed.')
}

/** Changes users one by one, by their login names, with progress. */
export async function changeEach(
  loginNames: readonly string[],
  change: Change,
  io: Io,
  done = 'changed',
): Promise<void> {
  const interruption = io.interruption()
  const progress = startProgress(io.stderr, loginNames.length, 'users')
  const printed: string[] = []
  let refused = 0
  let finished = 0
  async function* untilInterrupted() {
    for (const entry of loginNames.entries()) {
      if (interruption.aborted) return
      yield entry
    }
  }
  try {
    await inParallel(CHANGES_IN_FLIGHT, untilInterrupted(), async ([index, loginName]) => {
      try {
        printed[index] = await change(loginName)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refused += 1
        progress.print(error.message)
      }
      finished += 1
      progress.advance(finished)
    })
  } finally {
    progress.stop()
    const changed = finished - refused
    io.stdout.write(
      `${printed.join('')}${changed} of ${loginNames.length} ${loginNames.length === 1 ? 'user' : 'users'} ${done}.\n`,
    )
  }
  if (finished < loginNames.length) {
    throw new Refusal('interrupted', 'Interrupted before the end. Run the command again for the rest.')
  }
  if (refused > 0) throw new Refusal('refused', 'Users with an error are as they were.')
}
