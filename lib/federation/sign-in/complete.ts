import { randomUUID } from 'node:crypto'
import type { At } from '../../context.ts'
import type { CookieRequest } from '../../sessions/page.ts'
import type { SessionTokens } from '../../sessions/session.ts'
import { completeFactorSignIn } from '../../sign-in/factor.ts'
import { responseCounter } from '../../throttling/counter.ts'
import { sourceOf, truncatedSource } from '../../throttling/source.ts'
import {
  attemptIdOf,
  giveBack,
  isResponse,
  judgeAttempt,
  type ReservingTable,
  rejectIfRefused,
  reserveAttempt,
} from '../../throttling/store.ts'
import { AMR } from '../../users/factors.ts'
import { type Claimed, useIdentity } from '../identity.ts'
import { isRefusedRequest, providerRefused } from '../refusals.ts'
import { spendTry } from '../try.ts'
import {
  alreadyUsed,
  type Browser,
  findLinkedUser,
  keepPending,
  nextAfterIdentity,
  type Responding,
  unlinked,
} from './next-step.ts'

/** A response of a provider that its source may have exchanged. */
interface Admitted {
  attemptId: string
  giveBack: () => Promise<unknown>
}

/**
 * Counts a response of a provider, before it costs a request to the provider. A code that the provider does not understand stays counted,
 * so that strangers cannot send any number of them.
 *
 * @throws {@link ServiceError} `too_many_attempts` or `unavailable`.
 */
export async function admitResponse({ table, origin, now }: At<never, ReservingTable>): Promise<Admitted> {
  const source = sourceOf(origin.sourceIp)
  const responses = responseCounter(source, now)
  const attemptId = attemptIdOf(randomUUID())
  const reservation = await reserveAttempt(table, [responses], attemptId, now)
  judgeAttempt(table, attemptId, (failure) => isResponse(failure) || isRefusedRequest(failure))
  const log = { source: truncatedSource(source) }
  rejectIfRefused(reservation, 'too_many_attempts', 'too many responses of providers', {
    log,
    event: 'provider.refused',
  })
  return { attemptId, giveBack: () => giveBack(table, responses, [attemptId]) }
}

/** What a sign-in with an identity has of its request. */
interface Arrived {
  browser: Browser
  page: CookieRequest
  inCookie: boolean
  /** The refresh token of the session that the sign-in replaces; empty without one. */
  refreshToken: string
  admitted: Admitted
}

/**
 * Signs in the user of a verified identity. Without a user, and for a link, the identity waits: a provider never links and never creates
 * an account.
 *
 * The attempt is given back after a sign-in and its first step. Others stay counted, as each costs a stranger an identity.
 *
 * @returns The tokens, or the body of a response that says what is next.
 * @throws {@link ServiceError} `invalid_credentials` or `unavailable`.
 */
export async function completeWithIdentity(
  at: Parameters<typeof completeFactorSignIn>[0] & At<'REQUIRE_SECOND_FACTOR', ReservingTable>,
  responding: Responding,
  claimed: Claimed,
  { browser, page, inCookie, refreshToken: replaces, admitted }: Arrived,
): Promise<{ tokens: SessionTokens } | { next: object }> {
  const { own, provider, purpose } = responding
  if (purpose === 'link') return { next: await keepPending(at, responding, claimed, browser) }
  const { id, user } = await findLinkedUser(at.table, claimed)
  if (!user) return { next: await keepPending(at, responding, claimed, browser) }
  if (user.disabled) throw providerRefused('the user is disabled', { provider: provider.id })
  const identity = { id, label: claimed.label }
  const step = { inCookie, replaces: replaces || undefined, attemptId: admitted.attemptId, identity }
  const next = await nextAfterIdentity(at, user, responding, step)
  const signIn = async () => {
    const spends = [
      { write: spendTry(own, at.now), refusal: () => alreadyUsed(provider) },
      {
        write: useIdentity(user.id, id, claimed.label, at.now),
        refusal: () => unlinked(provider),
      },
    ]
    const login = { inCookie, replaces }
    const what = { user, amr: AMR.federated, ref: provider.id, login, spends } as const
    return { tokens: await completeFactorSignIn(at, what, page) }
  }
  const outcome = next ? { next } : await signIn()
  await admitted.giveBack()
  return outcome
}
