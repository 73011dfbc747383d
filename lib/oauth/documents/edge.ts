import { lookup } from 'node:dns/promises'

/** The parts of the network that the fetcher of documents needs. */
export interface Edge {
  /** Returns all addresses of a name. It is called once for a document. */
  resolve(host: string): Promise<readonly string[]>
  /**
   * Returns the target of a connection to an address of a name, and the certificate authority to trust in
   * place of those of Node.js.
   */
  reach(address: string, host: string): { host: string; port: number; ca?: string }
}

/** The internet. `npm start` replaces it with `local/test-hosts.ts`. */
export const edge: Edge = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  reach: (address) => ({ host: address, port: 443 }),
}
