import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { copySources } from '../support/process/checkout.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'
import { CREDENTIALS, REGION } from './account.ts'
import { PYTHON } from './emulator.ts'

/** The environment variables that AWS SDKs and their tools read. */
export const awsEnvironment = (endpoint: string) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL: endpoint,
})

/** Removes the variables of HTTP proxies. The framework would use a proxy even for the local emulator. */
const withoutProxy = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?_)?proxy$/i.test(name)))

/**
 * Creates an operator with a checkout of the service, on a machine with only a region and credentials. The checkout is
 * a copy, so that packaging does not disturb other tests.
 *
 * @param endpoint - URL of AWS.
 */
export function startOperator(endpoint: string) {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/operator-`)
  copySources(folder)

  return {
    /**
     * Runs `npm run …`.
     *
     * @param input - Standard input, a password for example.
     * @param url - URL of AWS, if it is another one.
     */
    async npmRun(args: string[], { input = '', url = endpoint } = {}) {
      const child = spawn('npm', ['run', '--silent', ...args], {
        cwd: folder,
        env: {
          ...withoutProxy(cleanEnvironment()),
          HOME: folder,
          ...awsEnvironment(url),
          // Interval at which the framework polls the stack. moto finishes at once.
          SLS_AWS_MONITORING_FREQUENCY: '100',
          BREACHED_PASSWORDS: 'off',
        },
      })
      // A command that fails at once reads no input.
      child.stdin.on('error', () => {})
      child.stdin.end(input)
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ])
      return { status, stdout, stderr }
    },
    leave: () => rmSync(folder, { recursive: true }),
  }
}

/** Verifies a token with PyJWT; see `verify-token.py`. */
export function verifyByPython(given: { token: string; jwks: unknown; issuer: string; audience: string }) {
  const script = `${root}/test/aws/verify-token.py`
  const { stdout, stderr } = spawnSync(PYTHON, [script], { input: JSON.stringify(given), encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}
