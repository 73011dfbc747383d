import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/process/service-description.ts'

const SOURCE = join(root, 'test/package/plugins')
const INSTALLED = join(root, '.results/plugins')

/** Folder of the plugins and of what they need. */
export const PACKAGES = join(INSTALLED, 'node_modules')

/** Names of the plugins with a project in `test/package/plugins`. */
export const PLUGINS = readdirSync(SOURCE).filter((name) => existsSync(join(SOURCE, name, 'serverless.yml')))

/** Their versions. */
export const versions = (): Record<string, string> =>
  JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8')).dependencies

/** Installs the plugins from npm, unless they are there. */
export function installPlugins(): void {
  const lock = 'package-lock.json'
  const isInstalled =
    existsSync(join(PACKAGES, '.package-lock.json')) &&
    readFileSync(join(INSTALLED, lock), 'utf8') === readFileSync(join(SOURCE, lock), 'utf8')
  if (!isInstalled) {
    mkdirSync(INSTALLED, { recursive: true })
    for (const name of ['package.json', lock, '.npmrc']) cpSync(join(SOURCE, name), join(INSTALLED, name))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: INSTALLED })
  }
}
