import { faultOfPort } from './ports.ts'

/** Port of the gateway. */
export const HTTP_PORT = 3000

let isSaid = false

/** Says what the local service does until it is ready, once in a process. */
export function sayStarting(): void {
  if (!isSaid) {
    console.log('Bundling the functions. This takes about 10 seconds, and up to a minute on a busy machine.')
  }
  isSaid = true
}

/** Returns a sentence that says what to do if the gateway cannot listen on a port. */
export async function faultOfGateway(port: number, host: string): Promise<string | undefined> {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return faultOfPort(port, host)
  return `--httpPort must be a number from 1 to 65535, such as ${HTTP_PORT}.`
}
