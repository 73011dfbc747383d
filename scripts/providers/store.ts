import type { Table } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { findProvider, findProviders, type ProviderWithSecret } from '../../lib/federation/provider.ts'
import type { ProviderOutcome } from '../../lib/federation/store.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { Refusal } from '../cli/refusal.ts'

/** How many times a change is attempted when concurrent changes precede it. */
const MAX_ATTEMPTS = 5

/**
 * Finds a provider.
 *
 * @throws {@link Refusal} `refused`, if it does not exist, with a similar id if there is one.
 */
export async function findExistingProvider(table: Table, id: string): Promise<ProviderWithSecret> {
  const provider = await findProvider(table, id)
  if (provider !== undefined) return provider
  const ids = (await findProviders(table)).map((one) => one.id)
  throw new Refusal('refused', `Provider ${id} does not exist.${didYouMean(id, ids)}`)
}

/**
 * Changes a provider. If another change comes first, it starts again from the changed provider.
 *
 * @param change - Makes the change, given the provider of a read just before.
 * @throws {@link Refusal} `refused`, if it does not exist, or does not exist any longer.
 */
export async function changeExistingProvider(
  table: Table,
  id: string,
  change: (provider: ProviderWithSecret) => Promise<ProviderOutcome>,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if ((await change(await findExistingProvider(table, id))) === 'done') return
  }
  throw new ServiceError('unavailable', 'the provider kept changing')
}

/** Refuses a provider that was removed and added again while an operator was asked something. */
export function requireSame(found: ProviderWithSecret, now: ProviderWithSecret): void {
  if (found.createdAt === now.createdAt && found.issuer === now.issuer) return
  throw new Refusal('refused', `Provider ${now.id} was removed and added again concurrently. Try again.`)
}
