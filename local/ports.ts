import { once } from 'node:events'
import { createServer } from 'node:net'
import { START_WITH } from '../project/commands.ts'

/** Port of the local DynamoDB, unless something else listens there. */
export const DYNAMODB_PORT = 8000

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
