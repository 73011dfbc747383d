import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Service {
  url: string
  /** Where its DynamoDB listens. */
  dynamoDbUrl: string
  /** All that the service has printed so far. */
  output(): string
  stop(): Promise<void>
}

/**
 * Starts `sls offline` as `npm start` does, on free ports, and waits until it says that it is running.
 *
 * @param params - Deploy parameters, as after `--param`.
 * @param nodeOptions - Node's own, for the service and the threads its functions run in.
 * @param folder - Of the service, if it is another one than ours.
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
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
