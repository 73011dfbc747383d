import { vi } from 'vitest'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { newRecoveryCodes } from '../../../lib/factors/recovery-codes/store.ts'
import { type Claimed, identityIdOf } from '../../../lib/federation/identity.ts'
import type { ProviderWithSecret } from '../../../lib/federation/provider.ts'
import type { User } from '../../../lib/users/user.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { resetProof } from '../../support/users/mails.ts'
import { WEAK } from '../../support/users/sessions.ts'
import { giveFactors } from '../../support/users/users.ts'
import { addProvider, browserAt } from '../browser.ts'
import { sendJson, startFarEnd } from '../far-end.ts'
import { giveIdentity, startWaiting, type Waiting } from '../identities.ts'

/** A user with an identity. */
export interface Owner {
  user: User
  one: Claimed
  /** The proof of a mail that resets the password. */
  proof: { mailId: string; code: string }
}

/** Users, identities and what waits for decisions in one schedule. */
export interface FederationScene extends Scene {
  functions: Functions
  provider: ProviderWithSecret
  ada: Owner
  /** Has second factors, and these recovery codes. */
  dora: Owner
  codes: readonly string[]
  bob: User
  /** An identity that no user has. */
  shared: Claimed
  /** Tokens of the shared identity: for links of Ada and Bob, and for a new account. */
  adaLinks: Waiting
  bobLinks: Waiting
  creates: Waiting
  createsToo: Waiting
  /** Sends the response of the provider for an identity. Each operation has a try of its own. */
  respond(by: number, claimed: Claimed): ReturnType<ReturnType<typeof browserAt>['respond']>
}

/** At most so many operations of a schedule sign in. */
const TRIES = 3

/** Adds the users. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
): Promise<(options: SceneOptions) => Promise<FederationScene>> {
  const { table, functions } = service
  const farEnd = await startFarEnd()
  const provider = await addProvider(table, farEnd)
  const issuer = farEnd.url
  const addOwner = async (): Promise<Owner> => {
    const user = await service.addUser({ passwordHash: WEAK.hash })
    return {
      user,
      one: await giveIdentity(table, user, { issuer }),
      proof: await resetProof(service.table, user),
    }
  }
  const [ada, dora] = [await addOwner(), await addOwner()]
  const bob = await service.addUser({ passwordHash: WEAK.hash })
  const codes = await giveCodes(service, dora.user)
  const shared = { issuer, subject: 'shared', email: 'new@example.org', isProven: true }
  const adaLinks = await startWaiting(table, provider, { ...shared, userId: ada.user.id })
  const bobLinks = await startWaiting(table, provider, { ...shared, userId: bob.id })
  const creates = await startWaiting(table, provider, shared)
  const createsToo = await startWaiting(table, provider, shared)
  const respond = await beginTries(service, farEnd)
  const restore = await keepState(table)
  const now = Date.now()
  const tokens = { adaLinks, bobLinks, creates, createsToo }
  const known = { functions, provider, ada, dora, codes, bob, shared: creates.claimed, ...tokens, respond }
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, ...known, ...options }
  }
}

/** Begins tries in one browser. The code of a response says what is in its id_token. */
async function beginTries(
  { functions }: TestService,
  farEnd: Awaited<ReturnType<typeof startFarEnd>>,
): Promise<FederationScene['respond']> {
  farEnd.respond('/token', (response, { body }) => {
    const claims = JSON.parse(String(new URLSearchParams(body).get('code')))
    sendJson(response, farEnd.tokens(farEnd.idToken(claims)))
  })
  const browser = browserAt(functions, farEnd)
  const tries: { state: string; nonce: unknown }[] = []
  while (tries.length < TRIES) {
    const { state } = await browser.begin()
    tries.push({ state, nonce: farEnd.claims.nonce })
  }
  return (by, { subject }) => {
    const { state = '', nonce } = tries[by] ?? {}
    return browser.respond(state, {}, { code: JSON.stringify({ sub: subject, nonce }) })
  }
}

async function giveCodes({ table }: TestService, user: User): Promise<string[]> {
  await giveFactors(table, user)
  const { codes, write } = newRecoveryCodes(user.id, new Date())
  await transact(table, [write])
  return codes
}

export const idOf = (claimed: Claimed): string => identityIdOf(claimed)
