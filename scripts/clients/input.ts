import type { Command } from 'commander'
import { Option } from 'commander'
import { isApiIdentifier } from '../../lib/oauth/apis/api.ts'
import { isClientId } from '../../lib/oauth/clients/client.ts'
import { isShown } from '../../lib/oauth/clients/shown.ts'
import { isScopeName } from '../../lib/oauth/scopes.ts'
import type { TableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { targetOf } from './urls.ts'

const MAX_NAME_CHARACTERS = 60
const MAX_SENTENCE_CHARACTERS = 100

/** Reads the id of a client. */
export function readClientId(given: string): string {
  if (isClientId(given)) return given
  throw new Refusal(
    'usage',
    'Invalid client id. Use 3 to 64 characters a-z, 0-9, dot and hyphen, with a letter or digit first. first-party, and the form of a user id, are taken.',
  )
}

/** Reads the id of a registered client, the URL of another one, or a host such as `https://claude.ai`. */
function readAnyClientId(given: string): { id: string } | { target: string } {
  const target = targetOf(given)
  if (target !== undefined) return { target }
  if (!given.includes('/')) return { id: readClientId(given) }
  throw new Refusal(
    'usage',
    'Invalid URL of a client. Use the https URL of its document as the app sends it, without port, user and fragment, or a host such as https://claude.ai.',
  )
}

/** Reads the identifier of an API. */
function readIdentifier(given: string): string {
  if (isApiIdentifier(given)) return given
  throw new Refusal(
    'usage',
    'Invalid identifier of an API. Use an https URI without user, query and fragment, such as https://api.example.com.',
  )
}

/** Reads a name that users see. */
export function readName(given: string): string {
  if (isShown(given, MAX_NAME_CHARACTERS)) return given
  throw new Refusal(
    'usage',
    `Invalid --name. Use 1 to ${MAX_NAME_CHARACTERS} characters, without control characters and outer spaces.`,
  )
}

/** Reads the name of a scope of an API. */
export function readScopeName(given: string): string {
  if (isScopeName(given)) return given
  throw new Refusal(
    'usage',
    `Invalid scope ${JSON.stringify(given)} of an API. Use a name such as orders:read, which OpenID Connect does not have.`,
  )
}

/** Reads a scope of an API and its sentence: `orders:read=See your orders`. */
export function readApiScope(given: string): { name: string; sentence: string } {
  const end = given.indexOf('=')
  const name = readScopeName(end === -1 ? given : given.slice(0, end))
  const sentence = end === -1 ? '' : given.slice(end + 1)
  if (isShown(sentence, MAX_SENTENCE_CHARACTERS)) return { name, sentence }
  throw new Refusal(
    'usage',
    `Scope ${name} needs a sentence for the screen, of at most ${MAX_SENTENCE_CHARACTERS} characters: '${name}=See your orders'.`,
  )
}

/** Returns a function that reads a duration in seconds, or `default`, which is 0. */
export const secondsReader = (option: string, max: number) => (given: string) => {
  // `commander` makes an empty text of `null`.
  if (given === 'default') return 0
  const seconds = /^\d{1,9}$/.test(given) ? Number(given) : 0
  if (seconds >= 60 && seconds <= max) return seconds
  throw new Refusal('usage', `Invalid ${option}. Use whole seconds from 60 to ${max}, or default.`)
}

/** Returns an option that may be repeated. */
export const several = (
  flags: string,
  description: string,
  read: (given: string) => unknown = (given) => given,
): Option =>
  new Option(flags, `${description}; may be repeated`)
    .argParser((given: string, before: unknown[]) => [...before, read(given)])
    .default([], 'none')

/** A registered client by its id, or another one by its URL or host. */
export type AnyClientId = ReturnType<typeof readAnyClientId>

/** Returns a subcommand about one client that is registered. */
export const ofClient = ({ command }: TableProgram, name: string, description: string): Command =>
  command.command(name).description(description).argument('<id>', 'client_id', readClientId)

/** Returns a subcommand about one client, or about those of a host. */
export const ofAnyClient = ({ command }: TableProgram, name: string, description: string): Command =>
  command
    .command(name)
    .description(description)
    .argument('<id>', 'client_id, also a URL, or https://host for all of a host', readAnyClientId)

/** Returns a subcommand about one API. */
export const ofApi = ({ command }: TableProgram, name: string, description: string): Command =>
  command.command(name).description(description).argument('<uri>', 'identifier of the API', readIdentifier)
