import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/process/service.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const RETRY_MS = 20

/** Python of Debian, which has the packages of Debian. */
export const PYTHON = '/usr/bin/python3'

/** Go with the packages of Debian, and without modules. */
const GO_ENVIRONMENT = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode' }

/** Go's own packages are compiled before the first program. */
export const BUILD_MS = 300_000

const succeeds = (command: string, parameters: string[]) =>
  spawnSync(command, parameters, { env: GO_ENVIRONMENT }).status === 0

/** Whether Debian's Python has some modules. */
export const hasPython = (modules: string) => succeeds(PYTHON, ['-c', `import ${modules}`])

/** Whether there are Go and a package of it. */
export const hasPackage = (path: string) => succeeds('go', ['list', path])

/** Whether there are Go and go-oidc, with which golang.org/x/oauth2 is installed. */
export const hasGo = () => hasPackage('github.com/coreos/go-oidc/v3/oidc')

/** Builds a program in Go. @returns Its path. */
export function buildGo(source: string): string {
  const binary = join(folderOfPrograms(), basename(source, '.go'))
  execFileSync('go', ['build', '-o', binary, source], { env: GO_ENVIRONMENT })
  return binary
}

/** Says what is missing. With `CI=true`, it is a failure. */
export function requireOrWarn(isInstalled: boolean, install: string): void {
  if (isInstalled) return
  if (process.env.CI) throw new Error(install)
  console.warn(install)
}

/** Returns the status of a program's response to a request with a token, or without one. */
export type Ask = (path: string, token: string | undefined) => Promise<number>

/** Returns the code under a heading of docs/VERIFYING.md: what it shows, or else the file of `examples/verifiers` that it links. */
export function codeUnder(heading: string): string {
  const document = readFileSync(join(root, 'docs/VERIFYING.md'), 'utf8')
  const section = document.split(/^### /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const [, file] = /\]\(\.\.\/(examples\/verifiers\/[^)]+)\)/.exec(section) ?? []
  const [, shown] = /^```\w+\n(.*?)^```$/ms.exec(section) ?? []
  const code = shown ?? (file && readFileSync(join(root, file), 'utf8'))
  if (code === undefined) throw new Error(`docs/VERIFYING.md has no code under ${heading}`)
  return code
}

/** Writes a program to a folder in which it finds the packages of this repository. Returns its path. */
export function saveProgram(heading: string, file: string): string {
  const path = join(folderOfPrograms(), file)
  writeFileSync(path, codeUnder(heading))
  return path
}

function folderOfPrograms(): string {
  const folder = join(root, '.results/verifying')
  mkdirSync(folder, { recursive: true })
  return folder
}

/**
 * Starts a program and waits until it accepts connections. It is stopped when the test ends.
 *
 * @param environment - Variables in addition to PATH and HOME.
 */
export async function startProgram(
  command: string,
  parameters: readonly string[],
  environment: Record<string, string>,
): Promise<Ask> {
  const { port, stop } = await startServer(command, () => parameters, environment)
  onTestFinished(stop)
  return async (path, token) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    return (await fetch(`http://localhost:${port}${path}`, { headers })).status
  }
}

/**
 * Starts a server on a free port and waits until it accepts connections.
 *
 * @param parametersFor - Returns the parameters of the command. The environment has the port as `PORT`, too.
 * @param environment - Variables in addition to PATH and HOME.
 * @param cwd - Folder to start it in.
 */
export async function startServer(
  command: string,
  parametersFor: (port: number) => readonly string[],
  environment: Record<string, string> = {},
  cwd = root,
): Promise<{ port: number; stop(): void }> {
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, ...environment, PORT: String(port) }
  const child = spawn(command, parametersFor(port), { env, cwd })
  const stop = () => void child.kill('SIGKILL')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`${command} ended with ${code}:\n${output}`)
  })
  const cancelled = new AbortController()
  await Promise.race([accepting(port, cancelled.signal), ended])
    .catch((error) => {
      stop()
      throw error
    })
    .finally(() => cancelled.abort())
  // From here on, the program ends when it is stopped.
  ended.catch(() => {})
  return { port, stop }
}

/** Waits until something listens at a port. */
async function accepting(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = connect(port, 'localhost')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await sleep(RETRY_MS)
  }
}
