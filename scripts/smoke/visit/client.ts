import { randomBytes } from 'node:crypto'
import {
  CLIENT_RANDOM_BYTES,
  type ClientType,
  hasSecret,
  newClient,
} from '../../../lib/oauth/clients/client.ts'
import { hashSecret, SECRET_BYTES, secretOf } from '../../../lib/oauth/clients/secret.ts'
import { createClient, findClient, removeClient } from '../../../lib/oauth/clients/store.ts'
import { untilStored } from '../../../lib/users/until-stored.ts'
import { commandLine } from '../../../project/commands.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import { Refusal, refusalOf } from '../../cli/refusal.ts'

/** A client that exists during a test only. Its secret is in memory only. */
export interface SmokeClient {
  id: string
  type: ClientType
  secret: string
  /** Whether the store has confirmed it. */
  isStored: boolean
}

/** Where codes go: to no host, as no domain ends like this (RFC 2606 section 2). The command reads them from the response. */
export const REDIRECT_URI = 'https://smoke.invalid/callback'

/** Returns a client with a random name and secret, without storing it. */
export const newSmokeClient = (type: ClientType = 'web'): SmokeClient => ({
  // A name of the length of a user id could have the form of one, which no client may have.
  id: `smoke-${randomBytes(8).toString('hex')}.client`,
  type,
  secret: secretOf(randomBytes(SECRET_BYTES)),
  isStored: false,
})

/** Stores a client. */
export async function storeSmokeClient(
  table: OperatorTable,
  client: SmokeClient,
  scopes: readonly string[],
  now: Date,
): Promise<void> {
  const { id, type, secret } = client
  const stored = newClient(
    { id, type, name: id, redirectUris: type === 'machine' ? [] : [REDIRECT_URI], scopes: [...scopes] },
    now,
    randomBytes(CLIENT_RANDOM_BYTES),
  )
  await createClient(
    table,
    { ...stored, ...(hasSecret(stored) && { secretHash: hashSecret(secret) }) },
    table.act(),
  )
  client.isStored = true
}

/** Removes a client. @returns Whether it existed. */
export const removeSmokeClient = (table: OperatorTable, { id }: SmokeClient): Promise<boolean> =>
  untilStored(async () => {
    const found = await findClient(table, id)
    if (found === undefined) return false
    return (await removeClient(table, found, table.act())) === 'done' || undefined
  })

/**
 * Removes a client whose test has ended, or failed.
 *
 * @param option - Option of `npm run clients` that selects the table.
 * @throws {@link Refusal} `failed`, if the client may still exist.
 */
export async function endSmokeClient(
  table: OperatorTable,
  client: SmokeClient,
  option: string,
): Promise<void> {
  try {
    const existed = await removeSmokeClient(table, client)
    if (!existed && !client.isStored) throw new Error('there was no response to its creation')
  } catch (error) {
    const next = `Remove it: ${commandLine('clients', `remove ${client.id} ${option}`)}`
    const reason = refusalOf(error).message
    throw new Refusal('failed', `Client ${client.id} may still exist. ${next}. Reason: ${reason}`)
  }
}
