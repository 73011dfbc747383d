import { type Command, Option } from 'commander'
import { safeParse } from 'zod/mini'
import { FIRST_ROLE, isRole, ROLES, type Role } from '../../lib/application/roles.ts'
import { EmailAddress, LoginName, NewLoginName } from '../../lib/http/schemas/fields.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { Io } from '../cli/io.ts'
import { tableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { setAttributes } from './attributes.ts'
import * as changes from './changes.ts'
import { addEventsCommand } from './events/command.ts'
import { type ExportOptions, exportUsers } from './export.ts'
import * as factors from './factors/factors.ts'
import { roleNotices } from './factors/policy.ts'
import { type ImportOptions, importFile } from './import/import-file.ts'
import { PROGRAM_NAMES, readMapping } from './import/mapping.ts'
import { FORMATS } from './import/records.ts'
import { type ListOptions, list, readAfter, readFilter, readLimit, readPrefix } from './list/list.ts'
import * as mail from './mail.ts'
import * as names from './names.ts'
import { breachesOf } from './passwords/breached.ts'
import { remove } from './remove.ts'
import { sessions } from './sessions.ts'
import { changeUsers, type SeveralOptions } from './several.ts'
import { type ReadOptions, show } from './show.ts'

/** Creates the command `npm run users`. */
export function usersCommand(io: Io): Command {
  const { command: users, options: target, table, operator } = tableProgram('users', io)
  const breaches = () => breachesOf(target(), io.env)
  const print = (text: string) => void io.stdout.write(text)
  const ofUser = (name: string, description: string, read = readLoginName) =>
    users
      .command(name)
      .description(description)
      .argument('<username>', 'username or e-mail address of the user', read)
  const several = (name: string, description: string) =>
    users
      .command(name)
      .description(description)
      .option('--file <file>', 'file with a username or address in each line; - is standard input')
      .option('--dry-run', 'print the users and change nothing')
  const json = () => new Option('--json', 'print JSON')

  ofUser('add', 'adds a user; the password comes from a hidden prompt or standard input', readNewLoginName)
    .addOption(new Option('--role <role>', 'role of the user').choices(ROLES).default(FIRST_ROLE))
    .option('--email <address>', 'address, which is a second login name', readAddress)
    .action(async (name: string, options: changes.AddOptions) =>
      print(await changes.add(await operator('add'), name, options, io, breaches())),
    )

  users
    .command('list')
    .description('lists users, by the name that matched')
    .option('--prefix <text>', 'users whose username or address begins so', readPrefix)
    .addOption(
      new Option('--filter <text>', 'users with this in the username or address; may be repeated')
        .argParser(readFilter)
        .default([], 'all users'),
    )
    .option('--role <role>', 'users with this role')
    .option('--disabled', 'users who are disabled')
    .option('--no-disabled', 'users who are enabled')
    .option('--limit <count>', 'one page of so many users', readLimit)
    .option('--after <name>', 'with --limit: the page after this name', readAfter)
    .option('--count', 'print how many users there are')
    .option('--last-sign-in', 'also when each user signed in last')
    .option('--rehash-report', 'print how many users have which kind of password hash')
    .addOption(json())
    .action(async (options: ListOptions) => list(await table(), options, io))

  ofUser('show', 'shows a user')
    .addOption(json())
    .action(async (name: string, options: ReadOptions) => print(await show(await table(), name, options, io)))

  ofUser('rename', 'changes the username of a user')
    .argument('<new>', 'new username', readNewLoginName)
    .action(async (name: string, username: string) =>
      print(await names.rename(await operator('rename'), name, username, io)),
    )

  ofUser('set-email', 'changes or removes the e-mail address of a user')
    .argument('[new]', 'new address', readAddress)
    .option('--remove', 'remove the address')
    .action(async (name: string, email: string | undefined, options: { remove?: boolean }) => {
      if ((email === undefined) !== (options.remove ?? false)) {
        throw new Refusal('usage', 'Use either an address or --remove.')
      }
      const change =
        email === undefined
          ? names.removeEmail(await operator('set-email'), name, io)
          : names.setEmail(await operator('set-email'), name, email, io)
      print(await change)
    })

  several('set-role', 'changes the role of users')
    .usage('[options] <username...> <role>')
    .argument('<usernames...>', `usernames or addresses, and at the end the role: ${ROLES.join(' or ')}`)
    .action(async (words: string[], options: SeveralOptions) => {
      const role = words.at(-1)
      if (!isRole(role)) {
        throw new Refusal(
          'usage',
          `Invalid role. Use one of ${ROLES.join(', ')}.${didYouMean(role ?? '', ROLES)}`,
        )
      }
      const loginNames = words.slice(0, -1).map(readLoginName)
      const found = await operator('set-role')
      const noticeOf = roleNotices(found, role, target(), io)
      const change = async (name: string) =>
        (await changes.setRole(found, name, role, io)) + (await noticeOf(name))
      await changeUsers(found, { ...options, loginNames }, change, io)
    })

  ofUser('set', 'sets attributes of a user')
    .argument('<attributes...>', 'such as plan=pro; plan= sets the default')
    .action(async (name: string, words: string[]) =>
      print(await setAttributes(await operator('set'), name, words, io)),
    )

  ofUser('set-password', 'replaces the password of a user and ends all sessions').action(
    async (name: string) =>
      print(await changes.setPassword(await operator('set-password'), name, io, breaches())),
  )

  ofUser('start-reset', 'sends a user a link for a new password').action(async (name: string) =>
    print(await mail.startPasswordReset(await table(), name, io)),
  )

  ofUser('start-enrolment', 'prints a one-time code for the first second factor of a user').action(
    async (name: string) => {
      print(await factors.startEnrolment(await operator('start-enrolment'), name))
      // The policy is a setting of the functions, and the code is stored under any.
      io.stderr.write('The sign-in asks for it if requireSecondFactor covers the user.\n')
    },
  )

  ofUser('reset-factors', 'removes the second factors of a user, after a notice and a delay')
    .option('--without-notice', 'remove them at once')
    .action(async (name: string, options: factors.FactorResetOptions) =>
      print(await factors.resetFactors(await operator('reset-factors'), name, options, io)),
    )

  users
    .command('invite')
    .description('sends an invitation to register')
    .argument('<address>', 'e-mail address of the new user', readAddress)
    .addOption(new Option('--role <role>', 'role of the user').choices(ROLES).default(FIRST_ROLE))
    .action(async (address: string, { role }: { role: Role }) => {
      const options = target()
      await mail.requireInvitations(options, io.env)
      print(await mail.invite(await operator('invite'), address, role, io))
      // The local service does not say how it was started.
      if (options.local)
        io.stderr.write('The link works if the service runs with registration=invite or open.\n')
    })

  for (const [name, description, change] of [
    ['disable', 'disables users and ends all their sessions', changes.disable],
    ['enable', 'enables disabled users', changes.enable],
  ] as const) {
    several(name, description)
      .argument('[usernames...]', 'usernames or addresses')
      .action(async (words: string[], options: SeveralOptions) => {
        const loginNames = words.map(readLoginName)
        const found = await operator(name)
        await changeUsers(found, { ...options, loginNames }, (one) => change(found, one, io), io)
      })
  }

  ofUser('remove', 'removes a user and everything stored about the user')
    .option('--yes', 'do not ask for confirmation')
    .action(async (name: string, { yes = false }: { yes?: boolean }) =>
      print(await remove(await operator('remove'), name, yes, io)),
    )

  ofUser('sessions', 'lists the sessions of a user')
    .addOption(json())
    .action(async (name: string, options: ReadOptions) =>
      print(await sessions(await table(), name, options, io)),
    )

  ofUser('end-sessions', 'ends all sessions of a user').action(async (name: string) =>
    print(await changes.endSessions(await operator('end-sessions'), name)),
  )

  addEventsCommand(users, table, io)

  users
    .command('import')
    .description('adds the users of a file and skips users that exist')
    .argument('<file>', 'CSV or JSON lines; - is standard input')
    .addOption(new Option('--format <format>', 'format, if the file name does not say').choices(FORMATS))
    .option('--dry-run', 'check every line and write nothing')
    .option('--verbose', 'with --dry-run: print what an import would do with each line')
    .addOption(new Option('--from <program>', 'the file is an export of this program').choices(PROGRAM_NAMES))
    .option('--map <columns>', 'where values are: username=email,passwordHash=password', readMapping)
    .addOption(new Option('--role <role>', 'role of the users whose line has none').choices(ROLES))
    .option('--without-passwords', 'add users without a password, who cannot sign in until they get one')
    .option('--plaintext-passwords', 'the column password has passwords as users type them, and no hashes')
    .option(
      '--firebase-parameters <file>',
      'with --from firebase: the password hash parameters of its console',
    )
    .action(async (file: string, options: ImportOptions) =>
      importFile(await operator('import'), file, options, io),
    )

  users
    .command('export')
    .description('prints all users with their password hashes, as import reads them')
    .option('--output <file>', 'write to a file that only its owner can read')
    .option('--force', 'replace an existing file')
    .action(async (options: ExportOptions) => print(await exportUsers(await operator('export'), options, io)))

  return users
}

/** Reads the name of a user who exists. One that begins with a hyphen comes after `--`. */
const readLoginName = (text: string) => readName(LoginName, text)

/** Reads a name that a user gets. */
const readNewLoginName = (text: string) => readName(NewLoginName, text)

function readName(schema: typeof LoginName, text: string): string {
  const { success, data, error } = safeParse(schema, text)
  if (!success) throw new Refusal('usage', `Invalid username: ${error.issues[0]?.message}`)
  return data
}

/** Reads an address as its owner writes it. */
function readAddress(text: string): string {
  const { success, data, error } = safeParse(EmailAddress, text)
  if (!success) throw new Refusal('usage', `Invalid address: ${error.issues[0]?.message}`)
  return data
}
