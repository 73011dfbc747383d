import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'
import { findProvider } from '../../../lib/federation/provider.ts'
import { decryptProviderSecret } from '../../../lib/federation/secret.ts'
import { providersCommand } from '../../../scripts/providers/command.ts'
import type { Fetch } from '../../../scripts/providers/discovery.ts'
import { atEnd } from '../../support/at-end.ts'
import { begin, beginInProcess, type Outcome } from '../../support/process/command.ts'
import { useStore } from '../../support/process/operator.ts'

/** A client secret, which no output and no event may have. */
export const SECRET = 'GOCSPX-correct-horse-battery'

export const TENANT = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'

/** A key as in Apple's .p8 file. */
export const APPLE_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

export const APPLE = ['--team-id', 'TEAM123456', '--key-id', 'KEY1234567']

/** What `add` prints in addition. */
export const HINT = 'Register this redirect URI at the provider, exactly as it is.\n'

/** Responds in place of a document. */
type Respond = (response: ServerResponse) => void

/**
 * Starts the far end: a server with the discovery documents of all issuers. `https://HOST/…` of the command arrives there as
 * `/HOST/…`, and an issuer at its own address as it is.
 */
async function useFarEnd() {
  const documents = new Map<string, object | Respond>()
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(String(request.url))
    const found = documents.get(String(request.url))
    if (typeof found === 'function') found(response)
    else if (found === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(found))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  atEnd(() => {
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const network: Fetch = (url, options) => fetch(url.replace(/^https:\/\//, `${origin}/`), options)
  const pathOf = (issuer: string) =>
    `${issuer
      .replace(/\/$/, '')
      .replace(origin, '')
      .replace(/^https:\/\//, '/')}/.well-known/openid-configuration`
  return {
    origin,
    network,
    paths,
    /** Sets the document of an issuer: what it has in addition, or the whole response. */
    serve: (issuer: string, more: object | Respond = {}) =>
      documents.set(pathOf(issuer), typeof more === 'function' ? more : { ...documentOf(issuer), ...more }),
  }
}

/** Returns a discovery document that fits. */
const documentOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ['code', 'id_token'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['HS256', 'RS256', 'ES256', 'none'],
  token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_post', 'client_secret_basic'],
})

/** Starts a local AWS and a far end for `providers`. */
export async function useProviders() {
  const store = await useStore()
  const far = await useFarEnd()
  const events = { ...store.table, name: eventsTableOf(store.table) }
  const target = ['--local', '--endpoint', store.endpoint]
  const key = `alias/${store.table.name}-factors`
  const runWith = async (args: string[], input: string, env = {}): Promise<Outcome> => {
    const { stdin, outcome } = beginInProcess((io) => providersCommand(io, far.network), args, env)
    stdin.end(input)
    return await outcome
  }
  return {
    ...store,
    far,
    /** Runs a command to its end, with a secret on standard input. */
    run: (...args: string[]) => runWith([...args, ...target], `${SECRET}\n`),
    runWith,
    target,
    input: (input: string, ...args: string[]) => runWith([...args, ...target], input),
    beginProcess: (...args: string[]) => begin('scripts/providers.ts', [...args, ...target]),
    stored: async (id: string) => {
      const found = await findProvider(store.table, id)
      return (
        found && {
          ...found,
          algorithms: found.algorithms.toSorted(),
          mailDomains: found.mailDomains.toSorted(),
        }
      )
    },
    /** Decrypts the secret of a provider as that of one with an id. */
    decrypt: async (id: string, as = id) =>
      decryptProviderSecret(store.table.aws, key, as, String((await findProvider(store.table, id))?.secret)),
    /** Returns what happened to a provider, the earliest first. */
    eventsOf: async (id: string) => {
      const items = await allItems(events, 'Query', {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `provider#${id}` } },
      })
      return items.map(({ type, detail, changes }) =>
        [type, detail, changes].flatMap((value) => Object.values(value ?? {}).flat()).join(' '),
      )
    },
    allEvents: () => allItems(events, 'Scan', {}),
    clear: async () => {
      await store.clear()
      for (const { pk, sk } of await allItems(events, 'Scan', {})) {
        await events.aws('dynamodb', 'DeleteItem', { TableName: events.name, Key: { pk, sk } })
      }
    },
  }
}
