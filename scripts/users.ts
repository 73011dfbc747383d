import { Argument, Option } from 'commander'
import { safeParse } from 'zod/mini'
import { Username } from '../lib/http/schemas.ts'
import { ROLES, type Role } from '../lib/users/user.ts'
import { Refusal } from './cli/refusal.ts'
import { program, run, say } from './cli/run.ts'
import { openTarget, type TargetOptions } from './cli/target.ts'
import * as changes from './users/changes.ts'
import { FORMATS } from './users/import/records.ts'
import { type ImportOptions, importFile } from './users/import.ts'
import * as reads from './users/reads.ts'

const terminal = { input: process.stdin, output: process.stderr }

const users = program('users', 'Runs the accounts of a stage on AWS, or of the local service.')
  .option('--stage <name>', 'accounts of this stage on AWS')
  .option('--local', 'accounts of the local service')
  .option('--endpoint <url>', 'with --local: where its DynamoDB listens, if not on port 8000')
  .option('--region <region>', 'with --stage: the AWS region')
  .option('--profile <name>', 'with --stage: the AWS profile')

const table = () => openTarget(users.opts<TargetOptions>(), process.env)

const ofUser = (name: string, description: string) =>
  users.command(name).description(description).argument('<username>', 'name of the user', usernameOf)

const json = () => new Option('--json', 'print JSON')

ofUser('add', 'adds a user; the password comes from a hidden prompt or standard input')
  .addOption(new Option('--role <role>', 'what the user may do').choices(ROLES).default('user'))
  .action(async (name: string, { role }: { role: Role }) =>
    say(await changes.add(await table(), name, role, terminal)),
  )

users
  .command('list')
  .description('lists all users')
  .addOption(json())
  .action(async (options: reads.ReadOptions) => say(await reads.list(await table(), options)))

ofUser('show', 'shows a user')
  .addOption(json())
  .action(async (name: string, options: reads.ReadOptions) =>
    say(await reads.show(await table(), name, options)),
  )

ofUser('set-role', 'gives a user another role')
  .addArgument(new Argument('<role>').choices(ROLES))
  .action(async (name: string, role: Role) => say(await changes.setRole(await table(), name, role)))

ofUser('set-password', 'gives a user another password and ends all sessions').action(async (name: string) =>
  say(await changes.setPassword(await table(), name, terminal)),
)

ofUser('disable', 'keeps a user out and ends all sessions').action(async (name: string) =>
  say(await changes.disable(await table(), name)),
)

ofUser('enable', 'lets a user in again').action(async (name: string) =>
  say(await changes.enable(await table(), name)),
)

ofUser('remove', 'removes a user and all that belongs to it')
  .option('--yes', 'do not ask')
  .action(async (name: string, { yes = false }: { yes?: boolean }) =>
    say(await changes.remove(await table(), name, yes, terminal)),
  )

ofUser('sessions', 'lists the sessions of a user')
  .addOption(json())
  .action(async (name: string, options: reads.ReadOptions) =>
    say(await reads.sessions(await table(), name, options)),
  )

ofUser('end-sessions', 'ends all sessions of a user').action(async (name: string) =>
  say(await changes.endSessions(await table(), name)),
)

users
  .command('import')
  .description('adds the users of a file who are not there yet')
  .argument('<file>', 'CSV or JSON lines; - is standard input')
  .addOption(new Option('--format <format>', 'if the name of the file does not tell').choices(FORMATS))
  .action(async (file: string, options: ImportOptions) => importFile(await table(), file, options, say))

users
  .command('export')
  .description('prints all users with their hashes, as import reads them')
  .option('--output <file>', 'write to a file that only you can read')
  .option('--force', 'replace the file')
  .action(async (options: reads.ExportOptions) => say(await reads.exportUsers(await table(), options)))

function usernameOf(text: string): string {
  const { success, data, error } = safeParse(Username, text)
  if (!success) throw new Refusal('usage', `Not a username: ${error.issues[0]?.message}`)
  return data
}

run(users)
