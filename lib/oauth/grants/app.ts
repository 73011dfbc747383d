import { hash } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  type Key,
  number,
  optionalNumber,
  optionalText,
  type Table,
  type TransactWrite,
  text,
  texts,
  transact,
} from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { type Act, eventOf, partitionOf } from '../../events/event.ts'
import { secondOf } from '../../time.ts'
import { type Client, isClientId } from '../clients/client.ts'
import { isClientUrl } from '../clients/url-client.ts'

/**
 * Attributes of an app: the relation of a user and a client. All grants of the client for the user depend on
 * it.
 */
export const APP = {
  clientId: text,
  /** Random 48 bits at first. Codes and grants carry it, and those with another number are invalid. */
  generation: number,
  /** The client's generation at the latest consent. */
  clientGeneration: number,
  /**
   * Scopes that the user has consented to at that generation of the client. They are entries, like those of a
   * client.
   */
  scopes: texts,
  /** Name of a client that is a URL, from its document at the latest consent. */
  clientName: optionalText,
  /** Second since the epoch of the first approval. */
  createdAt: number,
  /**
   * Second since the epoch of the latest mail about lasting access. It stays when the user removes the
   * access.
   */
  mailedAt: optionalNumber,
  /**
   * Second since the epoch at which the user removed the access of the client. The next approval deletes it.
   */
  revokedAt: optionalNumber,
} satisfies Attributes

/** A stored app of a user. */
export type App = ValuesOf<typeof APP>

/** Partition of a user's apps and grants. */
export const grantsOf = (userId: string) => ({ S: `grants#${userId}` })

/** Returns the key of a user's app. A `client_id` may be a long URL, so the key holds its hash. */
export const appKey = (userId: string, clientId: string) => ({
  pk: grantsOf(userId),
  sk: { S: `app#${hashOf(clientId)}` },
})

const hashOf = (clientId: string): string => hash('sha256', clientId, 'base64url')

/**
 * Returns the id of an app in its user's list, for use in a path. It is the `client_id`, or for a URL `URL_`
 * and a hash. No other `client_id` begins with `URL_`.
 */
export const appIdOf = (clientId: string): string =>
  isClientUrl(clientId) ? `URL_${hashOf(clientId)}` : clientId

/**
 * Finds an app of a user with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export const findApp = (table: Table, userId: string, clientId: string): Promise<App | undefined> =>
  findByKey(table, appKey(userId, clientId))

/**
 * Finds an app of a user by its {@link appIdOf}, as {@link findApp} does.
 *
 * @param unverifiedId - As a request has it.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAppById(
  table: Table,
  userId: string,
  unverifiedId: unknown,
): Promise<App | undefined> {
  const [, hash] = /^URL_([A-Za-z0-9_-]{43})$/.exec(String(unverifiedId)) ?? []
  if (hash !== undefined) return findByKey(table, { pk: grantsOf(userId), sk: { S: `app#${hash}` } })
  return isClientId(unverifiedId) ? findApp(table, userId, unverifiedId) : undefined
}

/**
 * Finds an app that its user allows now: neither the user nor an operator has ended the consent.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAllowedApp(
  table: Table,
  userId: string,
  client: Pick<Client, 'id' | 'generation'>,
): Promise<App | undefined> {
  const app = await findApp(table, userId, client.id)
  return consentedScopes(app, client).length > 0 ? app : undefined
}

async function findByKey(table: Table, key: Key): Promise<App | undefined> {
  const [item] = await getItems(table, [key], namesOf(APP))
  return item && valuesOf(APP, item)
}

/** Returns the entries of the scopes that a user has consented to. A consent counts only while the client has the generation that it had then. */
export const consentedScopes = (
  app: Pick<App, 'scopes' | 'clientGeneration'> | undefined,
  { generation }: Pick<Client, 'generation'>,
): readonly string[] => (app?.clientGeneration === generation ? app.scopes : [])

/** If a user removes an app and allows it again, the user gets at most one mail an hour about it. */
const hourBefore = (now: Date): number => secondOf(now) - 3_600

/** Whether a user may get a mail that an app has lasting access. */
export const mayMail = (app: Pick<App, 'mailedAt'> | undefined, now: Date): boolean =>
  (app?.mailedAt ?? 0) <= hourBefore(now)

/** User and client of an approval, and what it adds. */
export interface Approval {
  userId: string
  client: Pick<Client, 'id' | 'generation'>
  /** Name of a client that is a URL. */
  clientName?: string | undefined
  /** Entries of the scopes that the user has just consented to; `undefined` without a click. */
  scopes?: readonly string[] | undefined
  /** Whether the user gets a mail about a click. */
  isMailed?: boolean
  /**
   * Generation of a new app: 48 random bits. If the user was removed and added again, a late write from
   * before is refused.
   */
  generation: number
}

/**
 * Returns an app after an approval, and its write. The write is refused if the app has changed since it was
 * read. Then it must be read again, because its access may have been removed.
 *
 * @param app - The stored app, from a read before.
 */
export function approvalOf(
  app: App | undefined,
  { userId, client, clientName, scopes, isMailed, generation }: Approval,
  now: Date,
): { appGeneration: number; write: TransactWrite } {
  const Key = appKey(userId, client.id)
  const mailedAt = isMailed ? secondOf(now) : undefined
  if (app === undefined) {
    const values = { clientId: client.id, clientName, generation, clientGeneration: client.generation }
    const Item = { ...Key, ...attributesOf({ ...values, scopes, mailedAt, createdAt: secondOf(now) }) }
    return { appGeneration: generation, write: { Put: { Item, ConditionExpression: ABSENT } } }
  }
  const condition = { Key, ...asRead(app) }
  if (scopes === undefined) return { appGeneration: app.generation, write: { ConditionCheck: condition } }
  const isSame = app.clientGeneration === client.generation
  const changed = isSame ? {} : { scopes, clientGeneration: client.generation }
  const set = attributesOf({ clientName, mailedAt, ...changed })
  const names = Object.keys(set)
  const update = {
    ConditionExpression: isMailed ? `${AS_READ} AND ${MAILED_EARLIER}` : AS_READ,
    UpdateExpression: [
      ...(names.length > 0 ? [`SET ${names.map((name) => `${name} = :${name}`).join(', ')}`] : []),
      ...(isSame ? ['ADD scopes :scopes'] : []),
      'REMOVE revokedAt',
    ].join(' '),
    ExpressionAttributeValues: {
      ...condition.ExpressionAttributeValues,
      ...(isMailed && { ':hourBefore': attribute(hourBefore(now)) }),
      ':scopes': attribute([...scopes]),
      ...Object.fromEntries(names.map((name) => [`:${name}`, set[name]])),
    },
  }
  return { appGeneration: app.generation, write: { Update: { ...condition, ...update } } }
}

/**
 * Removes the access of a client, with its event. The generation of the app changes, so all its codes and
 * grants are invalid. The next approval needs a click. Nothing is deleted, because a late write could store
 * the app again.
 *
 * Succeeds also if another request has removed the access since the read.
 *
 * @param app - The stored app, from a read before.
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

const asRead = (app: App) => ({
  ConditionExpression: AS_READ,
  ExpressionAttributeValues: {
    ':generation': attribute(app.generation),
    ':readClientGeneration': attribute(app.clientGeneration),
  },
})

/** If two clicks come at once, only one leads to a mail. */
const MAILED_EARLIER = '(attribute_not_exists(mailedAt) OR mailedAt <= :hourBefore)'
