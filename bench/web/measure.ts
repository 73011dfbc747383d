import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Bench } from '../measure.ts'
import { mediansOf } from '../process.ts'

/** Medians of the time that a server takes for a request, while it always has others to serve. */
export interface WebMedians {
  serviceUs: number
  fastapiUs: number
}

const CONNECTIONS = 32
const WARM_UP_SECONDS = 2
const ROUND_SECONDS = 2
const ROUNDS = 5
const START_MS = 20_000

/** Cores of the measured processes, as taskset takes them. */
export interface Cores {
  server: string
  /** Of wrk and of the stand-in for AWS. */
  load: string
}

const PYTHON = '/usr/bin/python3'
const NEEDS =
  'it needs two cores, and: apt-get install util-linux wrk python3-fastapi python3-uvicorn python3-jwt'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Only the server on one core, which makes the numbers of one core. */
export const OWN_CORE: Cores = { server: '0', load: '1' }

/** Returns all cores of this process, for both. */
export const allCores = (): Cores => ({ server: affinityOf(process.pid), load: affinityOf(process.pid) })

/** Returns what {@link measureWeb} needs, or `undefined` if this machine has it. */
export function missingForWeb(): string | undefined {
  const succeeds = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
  const hasAll =
    succeeds('taskset', '-c', OWN_CORE.server, 'true') &&
    succeeds('taskset', '-c', OWN_CORE.load, 'sh', '-c', 'command -v wrk') &&
    succeeds(PYTHON, '-c', 'import fastapi, uvicorn, jwt, cryptography')
  return hasAll ? undefined : NEEDS
}

/**
 * Measures requests of protected content, without a cache of authorizations: the bundles of the authorizer and the content behind a small
 * server, and FastAPI with PyJWT under uvicorn with one worker. Both take turns under the load of wrk.
 *
 * @param cores - The same for both servers.
 */
export async function measureWeb(bench: Bench, cores: Cores): Promise<WebMedians> {
  const { standIn } = bench
  const tokens = `${bench.folder}/tokens.txt`
  writeFileSync(tokens, standIn.tokens.join('\n'))
  const affinity = affinityOf(standIn.pid)
  setAffinity(standIn.pid, cores.load)
  const servers: Server[] = []
  try {
    for (const command of [
      serviceCommand(bench, await freePort()),
      fastapiCommand(bench, await freePort()),
    ]) {
      servers.push(await startServer(command, cores.server, standIn.tokens[0]))
    }
    const [service = '', fastapi = ''] = servers.map(({ url }) => url)
    const timeUs = (url: string, seconds: number) => requestUs(url, tokens, seconds, cores.load)
    for (const url of [service, fastapi]) await timeUs(url, WARM_UP_SECONDS)
    const rounds: WebMedians[] = []
    while (rounds.length < ROUNDS) {
      const serviceUs = await timeUs(service, ROUND_SECONDS)
      rounds.push({ serviceUs, fastapiUs: await timeUs(fastapi, ROUND_SECONDS) })
    }
    return mediansOf(rounds)
  } finally {
    for (const { stop } of servers) stop()
    setAffinity(standIn.pid, affinity)
  }
}

interface Command {
  command: string
  args: string[]
  env: Record<string, string>
  port: number
}

function serviceCommand({ bundles, standIn, folder: inputs }: Bench, port: number): Command {
  const bundleOf = (key: string) => {
    const bundle = bundles.find(({ name }) => name === key)
    if (bundle === undefined) throw new Error(`no bundle of ${key}`)
    return bundle
  }
  const [authorizer, content] = [bundleOf('authorizer'), bundleOf('user-content')]
  const inputFile = `${inputs}/front.json`
  const events = { authorizer: standIn.events.authorizer, content: standIn.events['user-content'] }
  writeFileSync(inputFile, JSON.stringify(events))
  return {
    command: process.execPath,
    args: [`${folder}front.ts`, `${port}`, authorizer.path, content.path, inputFile],
    env: { ...standIn.environment, ...content.environment, ...authorizer.environment },
    port,
  }
}

function fastapiCommand({ standIn }: Bench, port: number): Command {
  const { publicKey, parties } = standIn
  const app = ['-m', 'uvicorn', 'fastapi_app:app', '--app-dir', folder, '--port', `${port}`]
  return {
    command: PYTHON,
    args: [...app, '--workers', '1', '--no-access-log', '--log-level', 'warning'],
    env: {
      PUBLIC_KEY: publicKey,
      TOKEN_ISSUER: parties.issuer,
      TOKEN_AUDIENCE: parties.audience,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    port,
  }
}

interface Server {
  url: string
  stop(): boolean
}

/** Starts a server. It must accept a token, and reject it with another signature. */
async function startServer(
  { command, args, env, port }: Command,
  cores: string,
  token = '',
): Promise<Server> {
  const pinned = ['-c', cores, command, ...args]
  const child = spawn('taskset', pinned, {
    env: { ...env, PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/`
  const statusOf = async (sent: string) => {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${sent}` } }).catch(() => undefined)
    return response?.status
  }
  const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`
  try {
    const deadline = Date.now() + START_MS
    while ((await statusOf(token)) === undefined) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${command} does not listen`)
      await sleep(50)
    }
    const statuses = [await statusOf(token), await statusOf(forged)].join()
    if (statuses !== '200,401') throw new Error(`${command} returned ${statuses}, not 200,401`)
  } catch (error) {
    child.kill()
    throw error
  }
  return { url, stop: () => child.kill() }
}

/** Returns the microseconds per request under the load of all connections. */
async function requestUs(url: string, tokens: string, seconds: number, cores: string): Promise<number> {
  const load = ['-t', '1', '-c', `${CONNECTIONS}`, '-d', `${seconds}s`, '-s', `${folder}tokens.lua`, url]
  const child = spawn('taskset', ['-c', cores, 'wrk', ...load, '--', tokens], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const { requests, us, failed } = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed: ${url}`)
  return us / requests
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

const affinityOf = (pid: number): string =>
  execFileSync('taskset', ['-c', '-p', `${pid}`], { encoding: 'utf8' })
    .split(': ')[1]
    ?.trim() ?? ''

const setAffinity = (pid: number, cores: string) =>
  execFileSync('taskset', ['-a', '-c', '-p', cores, `${pid}`])
