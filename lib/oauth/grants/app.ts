import { hash } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  number,
  optionalNumber,
  type Table,
  type TransactWrite,
  text,
  texts,
  transact,
} from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { type Act, eventOf, partitionOf } from '../../events/event.ts'
import { secondOf } from '../../time.ts'
import type { Client } from '../clients/client.ts'

/** Attributes of what a user and a client have to do with each other. All grants of the client for the user depend on it. */
export const APP = {
  clientId: text,
  /** Random 48 bits at first. Codes and grants carry it, and those with another number are invalid. */
  generation: number,
  /** The client's generation at the latest consent. */
  clientGeneration: number,
  /** Scopes that the user has consented to, at that generation of the client: entries, as those of a client. */
  scopes: texts,
  /** Second since the epoch of the first approval. */
  createdAt: number,
  /** Second since the epoch at which the user removed the access of the client; missing after the next approval. */
  revokedAt: optionalNumber,
} satisfies Attributes

/** A stored app of a user. */
export type App = ValuesOf<typeof APP>

/** Partition of a user's apps and grants. */
export const grantsOf = (userId: string) => ({ S: `grants#${userId}` })

/** Returns the key of a user's app. A `client_id` may be a long URL, so the key holds its hash. */
export const appKey = (userId: string, clientId: string) => ({
  pk: grantsOf(userId),
  sk: { S: `app#${hash('sha256', clientId, 'base64url')}` },
})

/**
 * Finds an app of a user with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findApp(table: Table, userId: string, clientId: string): Promise<App | undefined> {
  const [item] = await getItems(table, [appKey(userId, clientId)], namesOf(APP))
  return item && valuesOf(APP, item)
}

/** Returns the entries of the scopes that a user has consented to. A consent counts only while the client has the generation that it had then. */
export const consentedScopes = (
  app: Pick<App, 'scopes' | 'clientGeneration'> | undefined,
  { generation }: Pick<Client, 'generation'>,
): readonly string[] => (app?.clientGeneration === generation ? app.scopes : [])

/** Whom an approval is for, and what it adds. */
export interface Approval {
  userId: string
  client: Pick<Client, 'id' | 'generation'>
  /** Entries of the scopes that the user has just consented to; `undefined` without a click. */
  scopes?: readonly string[] | undefined
  /** Generation of a new app: random 48 bits, so that a late write of an earlier life of the user is not accepted. */
  generation: number
}

/**
 * Returns the app as it is after an approval, and the write of it. The write is refused if the app is not as read: then it is read
 * again, because it may have been revoked.
 *
 * @param app - As read.
 */
export function approvalOf(
  app: App | undefined,
  { userId, client, scopes, generation }: Approval,
  now: Date,
): { appGeneration: number; write: TransactWrite } {
  const Key = appKey(userId, client.id)
  if (app === undefined) {
    const values = { clientId: client.id, generation, clientGeneration: client.generation, scopes }
    const Item = { ...Key, ...attributesOf({ ...values, createdAt: secondOf(now) }) }
    return { appGeneration: generation, write: { Put: { Item, ConditionExpression: ABSENT } } }
  }
  const read = {
    ':generation': attribute(app.generation),
    ':readClientGeneration': attribute(app.clientGeneration),
  }
  const condition = { Key, ConditionExpression: AS_READ, ExpressionAttributeValues: read }
  if (scopes === undefined) return { appGeneration: app.generation, write: { ConditionCheck: condition } }
  const isSame = app.clientGeneration === client.generation
  const values = { ...read, ':scopes': attribute([...scopes]) }
  const update = isSame
    ? { UpdateExpression: 'ADD scopes :scopes REMOVE revokedAt', ExpressionAttributeValues: values }
    : {
        UpdateExpression: 'SET scopes = :scopes, clientGeneration = :clientGeneration REMOVE revokedAt',
        ExpressionAttributeValues: { ...values, ':clientGeneration': attribute(client.generation) },
      }
  return { appGeneration: app.generation, write: { Update: { ...condition, ...update } } }
}

/**
 * Removes the access of a client, with its event: all codes and grants of the app carry another generation from then on, and the next
 * approval needs a click. Nothing is deleted, because a write that arrives late could store the app as it was.
 *
 * Succeeds if another request has done it since the read.
 *
 * @param app - As read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function revokeApp(table: Table, userId: string, app: App, act: Act): Promise<void> {
  const update = {
    Key: appKey(userId, app.clientId),
    ConditionExpression: 'generation = :generation',
    UpdateExpression: 'SET generation = :next, revokedAt = :now REMOVE scopes',
    ExpressionAttributeValues: {
      ':generation': attribute(app.generation),
      ':next': attribute(app.generation + 1),
      ':now': attribute(secondOf(act.now)),
    },
  }
  const event = { type: 'consent.revoked', subject: partitionOf(userId), ref: app.clientId } as const
  await transact(table, [{ Update: update }, eventOf(table, act, event)])
}

const ABSENT = 'attribute_not_exists(pk)'

const AS_READ = 'generation = :generation AND clientGeneration = :readClientGeneration'
