import type { Table } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import type { Api } from '../../lib/oauth/apis/api.ts'
import { findApis } from '../../lib/oauth/apis/store.ts'
import {
  type ClientOutcome,
  type ClientWithSecrets,
  findClientWithSecrets,
} from '../../lib/oauth/clients/store.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { allApis, keysOf } from '../cli/directory.ts'
import { Refusal } from '../cli/refusal.ts'

/** How many times a change is attempted when concurrent changes precede it. */
const MAX_ATTEMPTS = 5

/**
 * Finds a client.
 *
 * @throws {@link Refusal} `refused`, if it does not exist, with a similar id if there is one.
 */
export async function findExistingClient(table: Table, id: string): Promise<ClientWithSecrets> {
  const client = await findClientWithSecrets(table, id)
  if (client !== undefined) return client
  const ids = (await keysOf(table, 'client')).map(({ pk }) => pk.S.replace(/^client#/, ''))
  // An operator may mean a host by its name without `https://`.
  const host = id.includes('.') ? ` For all clients of a host, write https://${id}.` : ''
  throw new Refusal('refused', `Client ${id} does not exist.${didYouMean(id, ids)}${host}`)
}

/**
 * Finds an API.
 *
 * @throws {@link Refusal} `refused`, if it does not exist, with a similar identifier if there is one.
 */
export async function findExistingApi(table: Table, identifier: string): Promise<Api> {
  const [api] = await findApis(table, [identifier])
  if (api !== undefined) return api
  const others = (await allApis(table)).map((one) => one.identifier)
  throw new Refusal('refused', `API ${identifier} does not exist.${didYouMean(identifier, others)}`)
}

/** Creates the error for a scope that an API gave up while a command gave it to a client. */
export const lostScope = (): Refusal =>
  new Refusal('refused', 'An API changed its scopes concurrently. List the APIs and try again.')

/**
 * Changes a client. If another change comes first, it starts again from the changed client.
 *
 * @param change - Makes the change, given the client of a read just before.
 * @returns The client as it was before the change.
 * @throws {@link Refusal} `refused`, if it does not exist, or does not exist any longer.
 */
export async function changeExistingClient(
  table: Table,
  id: string,
  change: (client: ClientWithSecrets) => Promise<ClientOutcome>,
): Promise<ClientWithSecrets> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const client = await findExistingClient(table, id)
    const outcome = await change(client)
    if (outcome === 'done') return client
    if (outcome === 'no-scope') throw lostScope()
  }
  throw new ServiceError('unavailable', 'the client kept changing')
}
