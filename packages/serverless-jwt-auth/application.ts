import { existsSync } from 'node:fs'
import { join, parse, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { require as load } from 'tsx/cjs/api'
import { reject } from '../../plugins/reject.ts'
import type { AuthConfig } from '../../project/define-auth.ts'
import { CONFIGURATION, PROJECT } from '../../project/project.ts'
import type { Register } from './index.ts'

/** The configuration that the project's `auth.config.ts` registers. */
type Registered = Register extends { config: infer C } ? C : AuthConfig<'user' | 'admin'>

/** The application of a project that says nothing itself. */
const DEFAULT: AuthConfig<'user' | 'admin'> = { roles: ['user', 'admin'], administrators: ['admin'] }

/** Reads the project's `auth.config.ts`. Ends the process with one line if the file cannot be loaded. */
function read(): AuthConfig<string> {
  const file = join(PROJECT, CONFIGURATION)
  if (!existsSync(file)) return DEFAULT
  let loaded: { default?: unknown } | undefined
  try {
    loaded = load(file, fileURLToPath(import.meta.url))
  } catch (error) {
    reject(`${CONFIGURATION}${reasonOf(error)}`)
  }
  // A module of ECMAScript without a default export has getters for its others.
  const config = loaded?.default ?? ('__esModule' in Object(loaded) ? undefined : loaded)
  // Before the modules that read its members. `plugins/config/faults.ts` has all other rules.
  if (typeof config === 'object' && config !== null) return config as AuthConfig<string>
  return reject(`${CONFIGURATION}: The default export must be an object with roles.`)
}

/** Returns why a file cannot be loaded, with its line if it cannot be compiled. */
function reasonOf(error: unknown): string {
  const { message = String(error) } = Object(error)
  const [first = '', second = ''] = String(message).split('\n')
  // esbuild names the place in the second line: `/notes/auth.config.ts:3:7: ERROR: Expected ":"`.
  const [, path = '', place, fault = ''] = /^(.*?)(:\d+:\d+): ERROR: (.*)$/.exec(second) ?? []
  const isCompiling = /^Transform failed/.test(first) && place !== undefined
  // The loader may say `.js` of a file with another ending.
  const isOther = parse(path).name !== parse(CONFIGURATION).name
  if (/top-level await/i.test(isCompiling ? fault : first)) {
    const where = isOther
      ? ': A module that it imports has an await at its top.'
      : `${place}: Take out this await.`
    return `${where} The file is read without waiting.`
  }
  if (!isCompiling) return `: ${first}`
  return `${isOther ? `: ${relative(PROJECT, path)}` : ''}${place}: ${fault}`
}

// In the package, `auth.config.js` exports this.
export default read() as Registered
