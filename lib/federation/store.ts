import { randomUUID } from 'node:crypto'
import { attribute, attributesOf, type Table, transact, updateOf } from '../aws/dynamodb.ts'
import { type Act, eventOf } from '../events/event.ts'
import type { DetailOf } from '../events/types.ts'
import { type Provider, type ProviderWithSecret, providerKey } from './provider.ts'

/** Key of the claim to an issuer, so that no two providers have the same. Functions do not read it. */
const issuerKey = (issuer: string) => ({ pk: { S: 'directory#issuers' }, sk: { S: issuer } })

/** Returns the partition of a provider's events. */
const providerPartition = (id: string): string => `provider#${id}`

/** The outcome of a write. `changed`: the provider has changed since it was read. */
export type ProviderOutcome = 'done' | 'changed'

/**
 * Stores a new provider, on condition that no provider has its id or its issuer. Two providers of one issuer would share
 * identities. Only operators call this function and those below (docs/decisions/0158-providers-are-items.md).
 *
 * @returns `changed` if a provider has the id, `issuer-taken` if only its issuer is taken.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function createProvider(
  table: Table,
  provider: ProviderWithSecret,
  act: Act,
): Promise<ProviderOutcome | 'issuer-taken'> {
  const { id, ...values } = provider
  const ConditionExpression = 'attribute_not_exists(pk)'
  const claim = { ...issuerKey(provider.issuer), ...attributesOf({ providerId: id }) }
  const event = { type: 'provider.created', subject: providerPartition(id), detail: provider.kind } as const
  const refused = await transact(table, [
    { Put: { Item: { ...providerKey(id), ...attributesOf(stored(values)) }, ConditionExpression } },
    { Put: { Item: claim, ConditionExpression } },
    eventOf(table, act, event),
  ])
  if (!refused) return 'done'
  return refused[0] ? 'changed' : 'issuer-taken'
}

/** A change of a provider. Another kind or issuer is another provider. */
export interface ProviderChange {
  /** New values; `undefined` removes one. `secret` is encrypted. */
  changes: Partial<
    Omit<ProviderWithSecret, 'id' | 'kind' | 'issuer' | 'changeId' | 'createdAt' | 'changedAt'>
  >
  detail?: DetailOf<'provider.updated'>
}

/**
 * Changes a provider, on condition that it has not changed since it was read. Tries and decisions that wait are invalid from then on.
 *
 * @param provider - The stored provider, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeProvider(
  table: Table,
  provider: Pick<Provider, 'id' | 'changeId'>,
  { changes, detail }: ProviderChange,
  act: Act,
): Promise<ProviderOutcome> {
  const all = { ...changes, changeId: randomUUID(), changedAt: act.now.toISOString() }
  const subject = providerPartition(provider.id)
  const event = { type: 'provider.updated', subject, changes: Object.keys(changes), detail } as const
  const update = {
    Key: providerKey(provider.id),
    ConditionExpression: AS_READ,
    ...updateOf(stored(all), { ':readChangeId': attribute(provider.changeId) }),
  }
  return (await transact(table, [{ Update: update }, eventOf(table, act, event)])) ? 'changed' : 'done'
}

/**
 * Removes a provider, on condition that it has not changed since it was read. Identities of users stay: a provider with the same issuer
 * finds them.
 *
 * @param provider - The stored provider, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeProvider(
  table: Table,
  provider: Pick<Provider, 'id' | 'issuer' | 'changeId'>,
  act: Act,
): Promise<ProviderOutcome> {
  const remove = {
    Key: providerKey(provider.id),
    ConditionExpression: AS_READ,
    ExpressionAttributeValues: { ':readChangeId': attribute(provider.changeId) },
  }
  const event = { type: 'provider.deleted', subject: providerPartition(provider.id) } as const
  const refused = await transact(table, [
    { Delete: remove },
    { Delete: { Key: issuerKey(provider.issuer) } },
    eventOf(table, act, event),
  ])
  return refused ? 'changed' : 'done'
}

const AS_READ = 'changeId = :readChangeId'

/** DynamoDB has no empty set, so an empty list is a missing attribute. */
const stored = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) && value.length === 0 ? undefined : value,
    ]),
  )
