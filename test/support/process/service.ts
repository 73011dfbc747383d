import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A running local service. */
export interface Service {
  url: string
  /** URL of its DynamoDB. */
  dynamoDbUrl: string
  /** Variables by which a command finds it. The commands of a developer do not: its folder for temporary files is its own. */
  env: Record<string, string>
  /** Id of its process. */
  pid: number
  /** Returns all that the service has printed so far. */
  output(): string
  stop(): Promise<void>
}

/** Parameters of a service that takes many wrong passwords from one address. */
export const MANY_PASSWORDS = {
  limitUserAndSource: '10000/900',
  limitSource: '10000/900',
  limitKnownSource: '10000/900',
  limitUser: '10000/86400',
  limitUserAndKnownSource: '10000/86400',
}

/**
 * Starts `sls offline` as `npm start` does, on a free port, and waits until it prints that it is running.
 *
 * @param params - Deploy parameters, as after `--param`.
 * @param nodeOptions - Options of Node.js, for the service and for the threads of its functions.
 * @param folder - Folder of the service. The default is this repository.
 * @param port - Of {@link freePort}, if parameters have the address of the service.
 */
export async function startService(
  params: Record<string, string> = {},
  nodeOptions: string[] = [],
  folder = root,
  port?: number,
): Promise<Service> {
  const httpPort = port ?? (await freePort())
  const sls = fileURLToPath(new URL('../../../node_modules/.bin/sls', import.meta.url))
  const all = { ...params, buildFolder: `.results/service-${httpPort}` }
  const args = ['offline', 'start', '--httpPort', String(httpPort)]
  for (const [name, value] of Object.entries(all)) args.push('--param', `${name}=${value}`)
  const env = { TMPDIR: mkdtempSync(join(tmpdir(), 'service-')) }
  const child = spawn(process.execPath, [...nodeOptions, sls, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  child.on('exit', () => rmSync(env.TMPDIR, { recursive: true, force: true }))
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      output += chunk
      if (output.includes('is running at')) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('exit', (code) => reject(new Error(`the service ended with ${code}:\n${output}`)))
  })
  await ready
  return {
    url: `http://localhost:${httpPort}`,
    dynamoDbUrl: /table is in memory, at (\S+)/.exec(output)?.[1] ?? '',
    env,
    pid: Number(child.pid),
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Ports that are given away here. Systems use others for connections and for port 0, and proxies of AWS too. */
const [FIRST_PORT, LAST_PORT] = [22_500, 29_999]

/** The port of a claim is lower by this number. */
const CLAIM_DISTANCE = 7_500

/**
 * Returns a port that is free until the caller listens on it. A service takes seconds for that, in which another process of the tests
 * could choose the same port. So this process listens on a second port, which claims the first one, until it ends.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST_PORT, LAST_PORT + 1)
  const claim = await listenOn(port - CLAIM_DISTANCE, '127.0.0.1')
  const server = claim && (await listenOn(port))
  if (!server) {
    claim?.close()
    return await freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** Listens on a port, without keeping the process running. @returns The server, or nothing if the port is taken. */
async function listenOn(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer().listen(port, host).unref()
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
