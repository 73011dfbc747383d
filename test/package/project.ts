import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { freePort } from '../support/process/service.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

/** Variables that npm, vitest and this repository's configuration give to their child processes. */
const OURS =
  /^(npm_(lifecycle|package|execpath|node|command|config_(local|global)?_?prefix)|VITEST|NODE_|SLS_)/

/**
 * Returns the environment of a user's terminal, with one of our registries. Programs are those of the machine, and not of this
 * repository.
 */
export function userEnvironment(registry: keyof ReturnType<typeof registries> = 'first') {
  const own = Object.entries(cleanEnvironment()).filter(([name]) => !OURS.test(name))
  const path = String(process.env.PATH).split(':')
  return {
    ...Object.fromEntries(own),
    PATH: path.filter((folder) => !folder.startsWith(root) && !folder.includes('node-gyp-bin')).join(':'),
    npm_config_registry: registries()[registry],
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  }
}

const registries = () => inject('registries')

/** Makes an empty folder for projects. */
export function emptyFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'project-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Runs a line of a shell in a folder, as a user types it. */
export async function run(line: string, folder: string, env: Record<string, string> = userEnvironment()) {
  const child = spawn('sh', ['-c', line], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { status, stdout, stderr }
}

/** Runs a line that must succeed, and returns what it prints on its standard output. */
export async function output(line: string, folder: string, env?: Record<string, string>): Promise<string> {
  const { status, stdout, stderr } = await run(line, folder, env)
  if (status !== 0) throw new Error(`${line} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Runs `npm start` on a free port, and waits until the service is ready. */
export async function start(folder: string, env: Record<string, string> = userEnvironment()) {
  const port = await freePort()
  // A separate process group, because npm starts a shell, which starts the service.
  const child = spawn('npm', ['start', '--', '--httpPort', String(port)], {
    cwd: folder,
    env,
    detached: true,
  })
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      printed += chunk
      if (printed.includes('is running at')) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${printed}`)))
  })
  return {
    url: `http://localhost:${port}`,
    output: () => printed,
    async stop() {
      if (child.pid === undefined || child.exitCode !== null) return
      process.kill(-child.pid, 'SIGTERM')
      await once(child, 'close')
    },
  }
}

/** Signs a demo user in, and returns a function that requests a path with the token. */
export async function signIn(url: string, name: string) {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: name, password: name }),
  })
  const { authToken } = Object(await response.json())
  return async (path: string) => {
    const { status, headers, ...answer } = await fetch(`${url}${path}`, {
      headers: { Authorization: `Bearer ${authToken}` },
    }).then(async (got) => ({ status: got.status, headers: got.headers, body: await got.text() }))
    return {
      status,
      body: /json/.test(String(headers.get('Content-Type'))) ? JSON.parse(answer.body) : answer.body,
    }
  }
}
