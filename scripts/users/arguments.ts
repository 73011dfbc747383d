import { Argument, type Command, Option } from 'commander'
import { safeParse } from 'zod/mini'
import { LANGUAGES } from '../../lib/application/languages.ts'
import { ROLES } from '../../lib/application/roles.ts'
import { EmailAddress, LoginName, NewLoginName } from '../../lib/http/schemas/fields.ts'
import type { TableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'

/** Returns a subcommand about one user, whose name is its first argument. */
export const ofUser = (
  { command }: TableProgram,
  name: string,
  description: string,
  read = readLoginName,
): Command =>
  command
    .command(name)
    .description(description)
    .argument('<username>', 'username or e-mail address of the user', read)

/** Returns a subcommand that changes several users, with the options of `SeveralOptions`. */
export const ofUsers = ({ command }: TableProgram, name: string, description: string): Command =>
  command
    .command(name)
    .description(description)
    .option('--file <file>', 'file with a username or address in each line; - is standard input')
    .option('--dry-run', 'print the users and change nothing')

/** Returns the option for a role. */
export const roleOption = (description: string): Option =>
  new Option('--role <role>', description).choices(ROLES)

/** Returns the option for a language. The operator's own never counts: mails are for their recipients. */
export const localeOption = (description: string): Option =>
  new Option('--locale <language>', description).choices(LANGUAGES)

/** Returns the argument for a language. */
export const languageArgument = (description: string): Argument =>
  new Argument('<language>', description).choices(LANGUAGES)

/** Reads the name of a user who exists. One that begins with a hyphen comes after `--`. */
export const readLoginName = (text: string) => readName(LoginName, text)

/** Reads a name that a user gets. */
export const readNewLoginName = (text: string) => readName(NewLoginName, text)

function readName(schema: typeof LoginName, text: string): string {
  const { success, data, error } = safeParse(schema, text)
  if (!success) throw new Refusal('usage', `Invalid username: ${error.issues[0]?.message}`)
  return data
}

/** Reads an address as its owner writes it. */
export function readAddress(text: string): string {
  const { success, data, error } = safeParse(EmailAddress, text)
  if (!success) throw new Refusal('usage', `Invalid address: ${error.issues[0]?.message}`)
  return data
}
