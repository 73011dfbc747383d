#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { PROGRAM } from '../../../project/commands.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import type { Io } from '../../../scripts/cli/io.ts'
import { EXIT_STATUS } from '../../../scripts/cli/refusal.ts'

/** The operator's commands. Each is loaded when it is asked for: with all of them, `--help` would take a second. */
const COMMANDS = {
  users: {
    summary: 'adds, lists, changes, removes, imports and exports users',
    load: async () => (await import('../../../scripts/users/command.ts')).usersCommand,
  },
  clients: {
    summary: 'manages apps that sign users in, and APIs that they get tokens for',
    load: async () => (await import('../../../scripts/clients/command.ts')).clientsCommand,
  },
  providers: {
    summary: 'manages sign-in by Google, Apple, Microsoft, GitHub or another OpenID Provider',
    load: async () => {
      const { providersCommand } = await import('../../../scripts/providers/command.ts')
      return (io: Io) => providersCommand(io)
    },
  },
  events: {
    summary: 'puts events on the bus of a stage again',
    load: async () => (await import('../../../scripts/events/command.ts')).eventsCommand,
  },
  keys: {
    summary: 'replaces the key that signs access tokens',
    load: async () => (await import('../../../scripts/keys/command.ts')).keysCommand,
  },
  mail: {
    summary: 'checks whether a stage can send mail',
    load: async () => (await import('../../../scripts/mail/command.ts')).mailCommand,
  },
  texts: {
    summary: 'updates the file with the words of a language, for its translator',
    load: async () => {
      const { textsCommand } = await import('../../../scripts/texts/command.ts')
      return (io: Io) => textsCommand(io)
    },
  },
  smoke: {
    summary: 'tests a deployed stage, or the local service',
    load: async () => (await import('../../../scripts/smoke/command.ts')).smokeCommand,
  },
}

const isCommand = (name: string): name is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, name)

function help(): string {
  const names = Object.keys(COMMANDS)
  const width = Math.max(...names.map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`)
  return [
    `Usage: ${PROGRAM} <command>\n\n`,
    'The commands of an operator, for the service of this folder:\n',
    ...lines,
    // Without the double dash, npm takes an option that follows the name for itself.
    `\n${PROGRAM} <command> --help lists what a command does.\n`,
    `${PROGRAM.replace('--no', '--no --')} --version prints the version of the package.\n`,
  ].join('')
}

/** Returns the version in the nearest `package.json`: the built file is in another folder of the package than this one. */
function version(from = new URL('./', import.meta.url)): string {
  const file = new URL('package.json', from)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).version
  return version(new URL('../', from))
}

const [name = '--help', ...args] = process.argv.slice(2)
if (isCommand(name)) {
  // First, because it refuses a configuration with faults, which a command would read. `texts` adds words whose lack is one.
  const { main } = await (name === 'texts'
    ? import('../../../scripts/cli/run.ts')
    : import('../../../scripts/cli/main.ts'))
  main(await COMMANDS[name].load(), args)
} else if (['--help', '-h', 'help'].includes(name)) process.stdout.write(help())
else if (['--version', '-V'].includes(name)) process.stdout.write(`${version()}\n`)
else {
  const suggestion = didYouMean(name, Object.keys(COMMANDS)) || ' Use --help for a list.'
  // The name may be a secret that stands in the wrong place.
  process.stderr.write(`Unknown command${/^[\w-]{1,20}$/.test(name) ? ` ${name}` : ''}.${suggestion}\n`)
  process.exitCode = EXIT_STATUS.usage
}
