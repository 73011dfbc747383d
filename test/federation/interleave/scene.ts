import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import { type Claimed, identityIdOf } from '../../../lib/federation/identity.ts'
import type { ProviderWithSecret } from '../../../lib/federation/provider.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../../lib/mail/confirmation.ts'
import { claimMail } from '../../../lib/mail/store.ts'
import type { User } from '../../../lib/users/user.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { addProvider, giveIdentity, startWaiting, type Waiting } from '../identities.ts'

/** Users, identities and what waits for decisions in one schedule. */
export interface FederationScene extends Scene {
  functions: Functions
  provider: ProviderWithSecret
  ada: User
  bob: User
  /** Ada's identity, and one that no user has. */
  one: Claimed
  shared: Claimed
  /** Tokens of the shared identity: for links of Ada and Bob, and for a new account. */
  adaLinks: Waiting
  bobLinks: Waiting
  creates: Waiting
  createsToo: Waiting
  /** The proof of a mail that resets Ada's password. */
  proof: { mailId: string; code: string }
  /** Ids of sessions that began with Ada's identity. */
  federatedSessions: string[]
}

/** Adds the users. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
): Promise<(options: SceneOptions) => Promise<FederationScene>> {
  const { table, functions } = service
  const provider = await addProvider(table)
  const [ada, bob] = [await service.addUser(), await service.addUser()]
  const one = await giveIdentity(table, ada)
  const shared = { subject: 'shared', email: 'new@example.org', isProven: true }
  const adaLinks = await startWaiting(table, provider, { ...shared, userId: ada.id })
  const bobLinks = await startWaiting(table, provider, { ...shared, userId: bob.id })
  const creates = await startWaiting(table, provider, shared)
  const createsToo = await startWaiting(table, provider, shared)
  const proof = await resetOf(service, ada)
  const restore = await keepState(table)
  const now = Date.now()
  const known = { provider, ada, bob, one, shared: creates.claimed, adaLinks, bobLinks, creates, createsToo }
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, ...known, functions, proof, federatedSessions: [], ...options }
  }
}

async function resetOf({ table }: TestService, { id, generation, email }: User) {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const details = { kind: 'reset', mailId, bindings: { userId: id, generation, email } } as const
  const { confirmation, code } = startConfirmation(
    details,
    new Date(),
    randomBytes(CONFIRMATION_RANDOM_BYTES),
  )
  await claimMail(table, mailId, { claim: { claimId: 'a', invocationId: 'a' }, confirmation }, new Date())
  return { mailId, code }
}

export const idOf = (claimed: Claimed): string => identityIdOf(claimed)
