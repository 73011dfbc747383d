import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StageOptions } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

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

/**
 * Runs `sls deploy`. Its output goes to standard error.
 *
 * @param parameters - Values by name; options may repeat them.
 * @param options - Further options for `sls deploy`, as written.
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
  const sls = `${root}/node_modules/serverless/bin/serverless.js`
  const child = spawn(process.execPath, [sls, 'deploy', ...target, ...params, ...options], {
    cwd: root,
    env,
    // The descriptor of standard error, also for what the deployment prints as its result.
    stdio: ['ignore', 2, 2],
  })
  const pass = () => void child.kill('SIGINT')
  signal.addEventListener('abort', pass)
  const [status] = await once(child, 'close')
  signal.removeEventListener('abort', pass)
  return status === 0
}
