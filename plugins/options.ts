import { createRequire } from 'node:module'
import { didYouMean } from '../project/did-you-mean.ts'
import type { Commands, Serverless } from './framework.d.ts'

const require = createRequire(import.meta.url)

/** Options of `npm start` that npm takes for itself if `--` is missing before them. */
const OPTIONS_OF_START = ['httpPort', 'host', 'param', 'stage', 'region', 'lambdaPort']

/**
 * Returns what is wrong with the options of a command line.
 *
 * The framework rejects unknown options too, but suggests none. Where `--` is missing it says only that a command
 * `offline start 3100` does not exist.
 *
 * @param input - The parsed command line.
 * @param env - Environment of the process. npm puts every option that it takes for its own there.
 * @param plugins - Commands that other plugins add.
 * @returns One line for each fault, which says what to type.
 */
export function faultsOfOptions(
  { commands, options }: Pick<Serverless['processedInput'], 'commands' | 'options'>,
  env: NodeJS.ProcessEnv,
  plugins: readonly Commands[] = [],
): string[] {
  if (commands[0] === 'offline' && env.npm_lifecycle_event === 'start') {
    const taken = OPTIONS_OF_START.find((name) => env[`npm_config_${name.toLowerCase()}`] !== undefined)
    if (taken !== undefined) return [withoutDashes(taken, commands, env)]
  }
  const own = optionsOf(commands)
  if (own === undefined) return []
  const known = [...own, ...plugins.flatMap((one) => optionsIn(one, commands))]
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `Unknown option --${name}.${didYouMean(name, known, '--')}`)
}

/** npm 11 hands the value on as a command; earlier versions keep it. */
function withoutDashes(name: string, commands: readonly string[], env: NodeJS.ProcessEnv): string {
  const kept = env[`npm_config_${name.toLowerCase()}`]
  const value = kept !== undefined && !['', 'true'].includes(kept) ? kept : commands.slice(2).join(' ')
  return `npm took --${name} for its own option. Put -- before it: npm start -- --${name} ${value}`.trimEnd()
}

/** Returns the names of the options that a plugin gives to a command. */
function optionsIn(all: Commands, [first = '', ...others]: readonly string[]): string[] {
  const { commands = {}, options = {} } = all[first] ?? {}
  return others.length === 0 ? Object.keys(options) : optionsIn(commands, others)
}

/** Loads a module of the framework, which a project installs under one of two names. */
function ofFramework(module: string) {
  const [name = 'serverless'] = ['serverless', 'osls'].filter((one) => {
    try {
      return require.resolve(`${one}/lib/${module}`)
    } catch {
      return false
    }
  })
  return require(`${name}/lib/${module}`)
}

/** Returns the names of all options of a command, or `undefined` for a command that is not known here. */
function optionsOf(commands: readonly string[]): string[] | undefined {
  const command = commands.join(' ')
  const schema: Map<string, { options: object }> = ofFramework('cli/commands-schema/aws-service')
  const common = Object.keys(ofFramework('cli/commands-schema/common-options/aws-service'))
  if (command !== 'offline' && command !== 'offline start') {
    const found = schema.get(command)
    return found && Object.keys(found.options)
  }
  const offline = require.resolve('serverless-offline').replace(/index\.js$/, 'config/commandOptions.js')
  return [...common, ...Object.keys(require(offline).default)]
}
