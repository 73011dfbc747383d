import { readFileSync } from 'node:fs'
import { type Edge, edge as internet } from '../lib/oauth/documents/edge.ts'

/** A globally reachable address, which no connection goes to. */
const ADDRESS = '9.9.9.9'

const isTestHost = (host: string): boolean => host.endsWith('.test')

/**
 * The network of `fetch-client` in `npm start`: hosts under `.test`, which no name server knows (RFC 6761 section 6.2), are on this
 * machine, at the port and with the certificate authority of `TEST_HOSTS_PORT` and `TEST_HOSTS_CA`. The esbuild plugin in
 * `local/reload.ts` puts it in the place of `lib/oauth/documents/edge.ts`. It is never deployed.
 */
export const edge: Edge = {
  resolve: async (host) => (isTestHost(host) ? [ADDRESS] : internet.resolve(host)),
  reach: (address, host) => {
    if (!isTestHost(host)) return internet.reach(address, host)
    const { TEST_HOSTS_PORT, TEST_HOSTS_CA } = process.env
    return {
      host: '127.0.0.1',
      port: Number(TEST_HOSTS_PORT || 8443),
      ...(TEST_HOSTS_CA && { ca: readFileSync(TEST_HOSTS_CA, 'utf8') }),
    }
  },
}
