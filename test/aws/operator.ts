import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { cleanEnvironment, root } from '../support/service-description.ts'
import { CREDENTIALS, REGION } from './account.ts'
import { PYTHON } from './emulator.ts'

/** What an AWS SDK, and everything made of one, finds in its environment. */
export const awsEnvironment = (endpoint: string) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL: endpoint,
})

/** The framework would ask a proxy for the emulator too, which is on this machine. */
const withoutProxy = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?_)?proxy$/i.test(name)))

/** What deploying and operating the service takes. */
const CHECKOUT = [
  'functions',
  'lib',
  'local',
  'plugins',
  'resources',
  'scripts',
  'package.json',
  'serverless.yml',
]

/**
 * An operator with a checkout of the service, on a machine that has nothing but region and credentials. The checkout is
 * a copy, so that what is packaged does not get in the way of anything that runs beside.
 *
 * @param endpoint - Where AWS is.
 */
export function startOperator(endpoint: string) {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/operator-`)
  for (const path of CHECKOUT) cpSync(`${root}/${path}`, `${folder}/${path}`, { recursive: true })
  symlinkSync(`${root}/node_modules`, `${folder}/node_modules`, 'junction')

  return {
    /**
     * Types `npm run …`.
     *
     * @param input - What is typed when it asks, such as a password.
     * @param url - Where AWS is, if not there.
     */
    async npmRun(args: string[], { input = '', url = endpoint } = {}) {
      const child = spawn('npm', ['run', '--silent', ...args], {
        cwd: folder,
        env: {
          ...withoutProxy(cleanEnvironment()),
          HOME: folder,
          ...awsEnvironment(url),
          // How often the framework asks whether a stack is done; moto always is.
          SLS_AWS_MONITORING_FREQUENCY: '100',
        },
      })
      // A command that refuses at once reads nothing.
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

/** What PyJWT says of a token; see `verify-token.py`. */
export function verifyByPython(given: { token: string; jwks: unknown; issuer: string; audience: string }) {
  const script = `${root}/test/aws/verify-token.py`
  const { stdout, stderr } = spawnSync(PYTHON, [script], { input: JSON.stringify(given), encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}
