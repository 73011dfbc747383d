import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { START_WITH } from '../project/commands.ts'

/**
 * Below it are the ports that programs of a project have by habit: 3000 to 3003 and 4000 of gateways, 4002, 4566, 4569 and 9324 of local
 * AWS services, 8000 of serverless-dynamodb, FastAPI and Django. The system may be set to give them away.
 */
const FIRST_PORT = 10_000

/**
 * Makes a server listen on the loopback interface, on a free port that no program has by habit.
 *
 * @param taken - Whether a program that starts later wants a port.
 */
export async function listenAnywhere(server: Server, taken: (port: number) => boolean): Promise<URL> {
  for (;;) {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    if (port >= FIRST_PORT && !taken(port)) return new URL(`http://127.0.0.1:${port}`)
    await once(server.close(), 'close')
  }
}

/** Returns whether a number stands anywhere in settings of plugins: it may be a port that one of them takes. */
export const isNumberIn = (settings: unknown, port: number): boolean =>
  typeof settings === 'object' && settings !== null
    ? Object.values(settings).some((value) => isNumberIn(value, port))
    : Number(settings) === port

/** Returns whether a server can listen on a port. */
async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  } finally {
    server.close()
  }
}

/** Returns the sentence for a taken port, with the command that starts the service on another one. */
export const portTaken = (port: number, other: number): string =>
  `Port ${port} is in use. Start on another one: ${START_WITH} --httpPort ${other}`

/**
 * Returns a fault if a port is taken.
 *
 * @returns A sentence with a command that works, as its port is free; `undefined` if the port is free.
 */
export async function faultOfPort(port: number, host: string): Promise<string | undefined> {
  if (await isFree(port, host)) return undefined
  let other = port + 100
  while (other < 65_000 && !(await isFree(other, host))) other += 100
  return portTaken(port, other)
}
