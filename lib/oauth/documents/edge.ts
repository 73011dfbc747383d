import { lookup } from 'node:dns/promises'

/** What the fetcher of documents needs of the network. */
export interface Edge {
  /** Returns all addresses of a name. It is called once for a document. */
  resolve(host: string): Promise<readonly string[]>
  /** Returns where a connection to an address of a name goes, and the certificate authority that it trusts, if not those of Node.js. */
  reach(address: string, host: string): { host: string; port: number; ca?: string }
}

/** The internet. `local/test-hosts.ts` stands in its place in `npm start`. */
export const edge: Edge = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  reach: (address) => ({ host: address, port: 443 }),
}
