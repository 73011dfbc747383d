import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { require as load } from 'tsx/cjs/api'
import type { AuthConfig } from '../../plugins/config/define-auth.ts'
import { PROJECT } from '../../plugins/project/project.ts'
import { reject } from '../../plugins/reject.ts'
import type { Register } from './index.ts'

/** The configuration that the project's `auth.config.ts` registers. */
type Registered = Register extends { config: infer C } ? C : AuthConfig<'user' | 'admin'>

const NAMES = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((end) => `auth.config.${end}`)

/** The application of a project that says nothing itself. */
const DEFAULT: AuthConfig<'user' | 'admin'> = { roles: ['user', 'admin'], administrators: ['admin'] }

/** Reads the project's `auth.config.ts`. Ends the process with one line if the file cannot be loaded. */
function read(): AuthConfig<string> {
  const name = NAMES.find((one) => existsSync(join(PROJECT, one)))
  if (name === undefined) return DEFAULT
  try {
    return load(join(PROJECT, name), fileURLToPath(import.meta.url)).default
  } catch (error) {
    const [first] = String((error as Error).message).split('\n')
    return reject(`${name}: ${first}`)
  }
}

// In the package, `auth.config.js` exports this.
export default read() as Registered
