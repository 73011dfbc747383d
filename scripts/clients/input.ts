import type { Command } from 'commander'
import { Option } from 'commander'
import { isApiIdentifier } from '../../lib/oauth/apis/api.ts'
import { isClientId } from '../../lib/oauth/clients/client.ts'
import type { TableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { targetOf } from './urls.ts'

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
