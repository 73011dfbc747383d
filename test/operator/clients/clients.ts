import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'
import { isSecretOf } from '../../../lib/oauth/clients/secret.ts'
import { findClientWithSecrets } from '../../../lib/oauth/clients/store.ts'
import { clientsCommand } from '../../../scripts/clients/command.ts'
import { addByCommand } from '../../oauth/add-by-command.ts'
import { begin, beginInProcess, type Outcome } from '../../support/process/command.ts'
import { useStore } from '../../support/process/operator.ts'

export const CALLBACK = 'https://shop.example/cb'
export const ORDERS = 'https://orders.example'

/** Runs `clients` to its end, in this process. */
export async function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { stdin, outcome } = beginInProcess(clientsCommand, args, env)
  stdin.end()
  return await outcome
}

/** What a command prints in addition to a secret. */
export const HINT = 'Store the secret now. It is not shown again.\n'

/** Starts a local DynamoDB for `clients`, without demo clients. */
export async function useClients() {
  const store = await useStore()
  const target = ['--local', '--endpoint', store.endpoint]
  const events = { ...store.table, name: eventsTableOf(store.table) }
  // A set has no order.
  const stored = async (id: string) => {
    const client = await findClientWithSecrets(store.table, id)
    return (
      client && {
        ...client,
        redirectUris: client.redirectUris.toSorted(),
        postLogoutRedirectUris: client.postLogoutRedirectUris.toSorted(),
        scopes: client.scopes.toSorted(),
      }
    )
  }
  return {
    ...store,
    stored,
    run: (...args: string[]) => run([...args, ...target]),
    begin: (...args: string[]) => beginInProcess(clientsCommand, [...args, ...target]),
    beginProcess: (...args: string[]) => begin('scripts/clients.ts', [...args, ...target]),
    /** Adds a client and returns its secret. */
    add: (id: string, ...args: string[]) =>
      addByCommand(store.endpoint, [
        id,
        ...(args.length > 0 ? args : ['--type', 'web', '--redirect-uri', CALLBACK]),
      ]),
    accepts: async (id: string, secret: string, now = new Date()) =>
      isSecretOf((await stored(id)) ?? {}, secret, now),
    /** Returns what happened to a client or an API, the earliest first. */
    eventsOf: async (partition: string) => {
      const items = await allItems(events, 'Query', {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partition } },
      })
      return items.map(({ type, detail, changes }) =>
        [type, detail, changes].flatMap((value) => Object.values(value ?? {}).flat()).join(' '),
      )
    },
    allEvents: () => allItems(events, 'Scan', {}),
  }
}

export type Clients = Awaited<ReturnType<typeof useClients>>
