import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A running local service. */
export interface Service {
  url: string
  /** URL of its DynamoDB. */
  dynamoDbUrl: string
  /** Id of its process. */
  pid: number
  /** Returns all that the service has printed so far. */
  output(): string
  stop(): Promise<void>
}

/**
 * Starts `sls offline` as `npm start` does, on a free port, and waits until it prints that it is running.
 *
 * @param params - Deploy parameters, as after `--param`.
 * @param nodeOptions - Options of Node.js, for the service and for the threads of its functions.
 * @param folder - Folder of the service. The default is this repository.
 */
export async function startService(
  params: Record<string, string> = {},
  nodeOptions: string[] = [],
  folder = root,
): Promise<Service> {
  const httpPort = await freePort()
  const sls = fileURLToPath(new URL('../../node_modules/.bin/sls', import.meta.url))
  const all = { ...params, buildFolder: `.results/service-${httpPort}` }
  const args = ['offline', 'start', '--httpPort', String(httpPort)]
  for (const [name, value] of Object.entries(all)) args.push('--param', `${name}=${value}`)
  const child = spawn(process.execPath, [...nodeOptions, sls, ...args], { cwd: folder })
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
    pid: Number(child.pid),
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/**
 * Returns a port that is free now. Systems use other ports for connections and for port 0, so no other test gets this one
 * before the caller listens on it.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 30_000)
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return await freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}
