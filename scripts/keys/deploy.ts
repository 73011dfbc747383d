import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../cli/refusal.ts'
import type { StageOptions } from './stack.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const PARAMETER = /^(?:--param=)?(\w+)=(.*)$/

/**
 * Sees that the options for the deployments say nothing that a turnover says itself.
 *
 * @param options - What stood after the double dash.
 * @throws {@link Refusal} `usage`
 */
export function checkDeployOptions(options: readonly string[]): void {
  const [first = '-'] = options
  if (!first.startsWith('-')) {
    throw new Refusal('usage', `Not an option: ${first}. Options for the deployments follow a double dash.`)
  }
  for (const option of options) {
    const [, name = ''] = PARAMETER.exec(option) ?? []
    if (name === 'signingKey' || name === 'publishedKeys') {
      throw new Refusal('usage', `Leave ${name} out: a turnover gives it itself.`)
    }
    if (/^(--stage|-s|--region|-r|--aws-profile)(=|$)/.test(option)) {
      throw new Refusal(
        'usage',
        'Give stage, region and profile before the double dash, as for the command itself.',
      )
    }
  }
}

/**
 * Sees that tokens go on living as long as they do.
 *
 * @throws {@link Refusal} `usage`
 */
export function checkLifetime(options: readonly string[], tokenTtlSeconds: number): void {
  for (const option of options) {
    const [, name, value] = PARAMETER.exec(option) ?? []
    if (name === 'tokenTtlSeconds' && value !== String(tokenTtlSeconds)) {
      throw new Refusal(
        'usage',
        `Tokens live for ${tokenTtlSeconds} seconds as deployed. Change tokenTtlSeconds by a deployment of its own.`,
      )
    }
  }
}

/**
 * Runs the ordinary deployment, its output on our standard error.
 *
 * @param parameters - Values by name; options may repeat them.
 * @param options - More options for `sls deploy`, as written.
 * @param signal - Passed on as SIGINT.
 * @returns Whether it ended well.
 */
export async function runDeployment(
  { stage, region, profile }: StageOptions & { region: string },
  parameters: Record<string, string>,
  options: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const said = options.map((option) => PARAMETER.exec(option)?.[1])
  const named = Object.entries(parameters)
    .filter(([name]) => !said.includes(name))
    .flatMap(([name, value]) => ['--param', `${name}=${value}`])
  const whose = [
    '--stage',
    stage,
    '--region',
    region,
    ...(profile === undefined ? [] : ['--aws-profile', profile]),
  ]
  const sls = `${root}/node_modules/serverless/bin/serverless.js`
  const child = spawn(process.execPath, [sls, 'deploy', ...whose, ...named, ...options], {
    cwd: root,
    stdio: ['ignore', process.stderr, 'inherit'],
  })
  const pass = () => void child.kill('SIGINT')
  signal.addEventListener('abort', pass)
  const [status] = await once(child, 'close')
  signal.removeEventListener('abort', pass)
  return status === 0
}
