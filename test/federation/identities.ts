import { randomBytes, randomUUID } from 'node:crypto'
import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import type { Claimed } from '../../lib/federation/identity.ts'
import { linkWrites } from '../../lib/federation/identity.ts'
import { PENDING_RANDOM_BYTES, startPending } from '../../lib/federation/pending.ts'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'
import { createProvider } from '../../lib/federation/store.ts'
import { newKey } from '../../lib/federation/try.ts'
import type { User } from '../../lib/users/user.ts'
import { testAct } from '../support/users/users.ts'
import { testProvider } from './provider.ts'

/** Stores a provider. */
export async function addProvider(table: Table, values: Partial<ProviderWithSecret> = {}) {
  const provider = testProvider('https://id.example', values)
  if ((await createProvider(table, provider, testAct())) !== 'done') throw new Error('the provider is there')
  return provider
}

/** Returns who a provider says that its user is, with an address that it does not prove. */
const testClaimed = (values: Partial<Claimed> = {}): Claimed => ({
  issuer: 'https://id.example',
  subject: randomUUID(),
  label: 'ada@id.example',
  isProven: false,
  ...values,
})

/** What waits in a browser for its user's decision. */
export interface Waiting {
  identityToken: string
  /** Of the browser. */
  key: string
  claimed: Claimed
}

/** Stores a verified identity that waits: for a new account, or for a link if a user began one. */
export async function startWaiting(
  table: Table,
  provider: Pick<ProviderWithSecret, 'id' | 'name' | 'changeId'>,
  { userId = '', key = newKey(), ...values }: Partial<Claimed> & { userId?: string; key?: string } = {},
): Promise<Waiting> {
  const claimed = testClaimed(values)
  const { id, name, changeId } = provider
  const claims = {
    purpose: userId === '' ? ('sign-in' as const) : ('link' as const),
    provider: id,
    providerName: name,
    changeId,
    userId,
    ...claimed,
  }
  const { token, write } = startPending(claims, key, new Date(), randomBytes(PENDING_RANDOM_BYTES))
  await transact(table, [write])
  return { identityToken: token, key, claimed }
}

/** Gives a user an identity, without a provider's response. */
export async function giveIdentity(
  table: Table,
  { id }: Pick<User, 'id'>,
  values: Partial<Claimed> = {},
  provider = 'demo',
): Promise<Claimed> {
  const claimed = testClaimed(values)
  const { issuer, subject, label } = claimed
  const identity = { provider, issuer, subject, label, createdAt: new Date().toISOString() }
  if (await transact(table, linkWrites(id, identity))) throw new Error('the identity is taken')
  return claimed
}

/** Headers of a page of the service, in a browser with a key. */
export const inBrowser = (key: string) => ({
  'Sec-Fetch-Site': 'same-origin',
  Cookie: `__Host-try=${key}`,
})
