import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { StageOptions } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { findProject } from '../cli/project.ts'
import { Refusal } from '../cli/refusal.ts'

const HAS_GROUPS = process.platform !== 'win32'

const PARAMETER = /^(?:--param=)?(\w+)=(.*)$/

/**
 * Checks that the options for the deployments set nothing that a turnover sets itself.
 *
 * @param options - Arguments after the double dash.
 * @throws {@link Refusal} `usage`
 */
export function checkDeployOptions(options: readonly string[]): void {
  const [first = '-'] = options
  if (!first.startsWith('-')) {
    throw new Refusal('usage', `${first} is not an option. Options for the deployments follow a double dash.`)
  }
  for (const option of options) {
    const [, name = ''] = PARAMETER.exec(option) ?? []
    if (name === 'signingKey' || name === 'publishedKeys') {
      throw new Refusal('usage', `Remove ${name}. The turnover sets it itself.`)
    }
    if (/^(--stage|-s|--region|-r|--aws-profile|--profile)(=|$)/.test(option)) {
      throw new Refusal('usage', 'Write --stage, --region and --aws-profile before the double dash.')
    }
  }
}

/**
 * Checks that the lifetime of tokens stays as it is deployed. Otherwise it is unknown how long tokens of the previous key
 * are valid.
 *
 * @throws {@link Refusal} `usage`
 */
export function checkLifetime(options: readonly string[], tokenTtlSeconds: number): void {
  for (const option of options) {
    const [, name, value] = PARAMETER.exec(option) ?? []
    if (name === 'tokenTtlSeconds' && value !== String(tokenTtlSeconds)) {
      throw new Refusal(
        'usage',
        `The deployed tokenTtlSeconds is ${tokenTtlSeconds}. Change it in a deployment before the turnover.`,
      )
    }
  }
}

/** Packages that have the framework. Version 4 of the Serverless Framework itself has no such file. */
const FRAMEWORKS = ['serverless', 'osls'].map((name) => `${name}/bin/serverless.js`)

/** A script that hands further options to the framework: its last command is the deployment, and has none itself. */
const DEPLOYS = /(?:^|&& *)(?:npx )?(?:sls|serverless|osls) deploy$/

/**
 * Returns the command that deploys a project: its own script `deploy`, which may build something first, if that takes options; or else its
 * framework.
 *
 * @throws {@link Refusal} `failed`, if the project has neither.
 */
export function deployCommandOf(folder: string): [file: string, ...args: string[]] {
  const manifest = join(folder, 'package.json')
  const { scripts } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {}
  if (DEPLOYS.test(scripts?.deploy ?? '')) return ['npm', 'run', 'deploy', '--']
  const { resolve } = createRequire(manifest)
  for (const framework of FRAMEWORKS) {
    try {
      return [process.execPath, resolve(framework), 'deploy']
    } catch {}
  }
  throw new Refusal('failed', `${folder} has no framework. Install its packages first.`)
}

/**
 * Deploys the project of this folder. The output goes to standard error.
 *
 * @param parameters - Values by name; options may repeat them.
 * @param options - Further options for the framework, as written.
 * @param signal - Passed on as SIGINT.
 * @returns Whether the deployment succeeded.
 */
export async function runDeployment(
  { stage, region, profile }: StageOptions & { region: string },
  parameters: Record<string, string>,
  options: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const given = options.map((option) => PARAMETER.exec(option)?.[1])
  const params = Object.entries(parameters)
    .filter(([name]) => !given.includes(name))
    .flatMap(([name, value]) => ['--param', `${name}=${value}`])
  const account = profile === undefined ? [] : ['--aws-profile', profile]
  const target = ['--stage', stage, '--region', region, ...account]
  const { folder } = findProject()
  const [file, ...args] = deployCommandOf(folder)
  const child = spawn(file, [...args, ...target, ...params, ...options], {
    cwd: folder,
    env,
    // The descriptor of standard error, also for what the deployment prints as its result.
    stdio: ['ignore', 2, 2],
    // A separate group: npm does not pass a signal on to what it runs. Windows has no groups.
    detached: HAS_GROUPS,
  })
  const pass = () => {
    // Between its exit and the end of its output, there is no process to send to.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(HAS_GROUPS ? -child.pid : child.pid, 'SIGINT')
  }
  signal.addEventListener('abort', pass)
  const [status] = await once(child, 'close')
  signal.removeEventListener('abort', pass)
  return status === 0
}
