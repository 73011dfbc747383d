import { randomBytes } from 'node:crypto'
import { getItems, type Table, transact } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import type { At } from '../../context.ts'
import { findRecoveryCodes } from '../../factors/recovery-codes/store.ts'
import { logEvent } from '../../log.ts'
import { passwordEvent, placeOf } from '../../sign-in/correct-password.ts'
import {
  LOGIN_TOKEN_RANDOM_BYTES,
  type LoginToken,
  startLoginToken,
  storeLoginToken,
} from '../../sign-in/login-token.ts'
import { enrolmentBody, secondFactorBody } from '../../sign-in/next-step.ts'
import { knownSourceKey } from '../../throttling/limits.ts'
import { sourceOf } from '../../throttling/source.ts'
import type { ReservingTable } from '../../throttling/store.ts'
import { factorsOf, needsFactor } from '../../users/factors.ts'
import { findUser } from '../../users/store.ts'
import type { User } from '../../users/user.ts'
import { type Claimed, findIdentityUser, type Identity, identityIdOf, useIdentity } from '../identity.ts'
import { PENDING_RANDOM_BYTES, startPending } from '../pending.ts'
import { findProvider, type Provider, type ProviderWithSecret } from '../provider.ts'
import { PROVIDER_REFUSALS, providerRefused } from '../refusals.ts'
import { isUnchanged, type Purpose, readState, spendTry, type Try, tryOfState } from '../try.ts'

/** A verified try, and the provider at which it began. */
export interface Responding {
  own: Try
  provider: ProviderWithSecret
  purpose: Purpose
}

/** What a response must be bound to. */
export interface Browser {
  /** The key in the cookie; an empty text without one. */
  key: string
  /** User of the session cookie, who must be the one that began a link; an empty text without one. */
  userId: string
}

/**
 * Verifies that a response belongs to a try of this browser, before anything is read or counted.
 *
 * @param query - Of the response, as the page got it.
 * @throws {@link ServiceError} `invalid_credentials`.
 */
export function verifyState(
  query: string,
  providerId: string,
  { key, userId }: Browser,
  now: Date,
): Pick<Responding, 'own' | 'purpose'> {
  const [state = '', ...others] = new URLSearchParams(query).getAll('state')
  const read = others.length === 0 ? readState(state, now) : undefined
  if (read?.isExpired) throw providerRefused('the sign-in took too long', {}, PROVIDER_REFUSALS.expired)
  const { purpose = 'sign-in' } = read ?? {}
  const bound = { provider: { id: providerId }, userId: purpose === 'link' ? userId : '' }
  const own = read && tryOfState(key, state, bound)
  if (own) return { own, purpose }
  const reason = 'the state is not of this browser, user or provider'
  throw providerRefused(reason, {}, PROVIDER_REFUSALS.foreign)
}

/**
 * Finds the provider of a verified state, as it was when the try began.
 *
 * @throws {@link ServiceError} `invalid_credentials` if it was disabled, changed or removed; `unavailable`.
 */
export async function findUnchangedProvider(
  table: Table,
  id: string,
  { state }: Pick<Try, 'state'>,
): Promise<ProviderWithSecret> {
  const provider = await findProvider(table, id)
  if (provider && !provider.disabled && isUnchanged(state, provider)) return provider
  throw providerRefused('the provider was removed, disabled or changed')
}

/** Finds the user of a verified identity with two consistent reads. An identity without a user is being removed. */
export async function findLinkedUser(
  table: Table,
  claimed: Claimed,
): Promise<{ id: string; user: User | undefined }> {
  const id = identityIdOf(claimed)
  const userId = await findIdentityUser(table, id)
  return { id, user: userId === undefined ? undefined : await findUser(table, userId) }
}

/** Returns the error of a response that another request has used. */
export const alreadyUsed = ({ id }: Pick<Provider, 'id'>) =>
  providerRefused('the response was used before', { provider: id })

/** Returns the error of a response whose identity was unlinked after the provider had verified it. */
export const unlinked = ({ id }: Pick<Provider, 'id'>) =>
  providerRefused('the identity was unlinked', { provider: id })

/**
 * Makes a verified identity wait for its user's decision, and spends the try.
 *
 * @returns The body of the response.
 * @throws {@link ServiceError} `invalid_credentials`, if the try is spent; `unavailable`.
 */
export async function keepPending(
  { table, now }: Pick<At, 'table' | 'now'>,
  { own, provider, purpose }: Responding,
  claimed: Claimed,
  { key, userId }: Browser,
): Promise<object> {
  const { id, name, changeId } = provider
  const { label, email, isProven } = claimed
  const isLink = purpose === 'link'
  const of = { purpose, provider: id, providerName: name, changeId, userId: isLink ? userId : '' }
  const claims = { ...claimed, ...of }
  const { token, write } = startPending(claims, key, now, randomBytes(PENDING_RANDOM_BYTES))
  if (await transact(table, [write, spendTry(own, now)])) throw alreadyUsed(provider)
  const shown = { provider: { id, name }, label }
  return isLink
    ? { next: 'link', ...shown, identityToken: token }
    : { next: 'identity', ...shown, email, isProven, identityToken: token }
}

/** A sign-in with an identity, and the attempt that it is counted as. */
interface FederatedStep extends Pick<LoginToken, 'inCookie' | 'replaces'> {
  attemptId: string
  identity: Pick<Identity, 'id' | 'label'>
}

/**
 * Returns the body of the next step of a user who has second factors, or must have one; `undefined`, if the identity completes the
 * sign-in. The user's own factor is asked for, also if the provider names one.
 *
 * The try is spent first, so a response counts once. The identity must still be linked then. A reset of factors is applied by a sign-in with the password only.
 *
 * @throws {@link ServiceError} `invalid_credentials`, if the try is spent; `unavailable`.
 */
export async function nextAfterIdentity(
  at: At<'REQUIRE_SECOND_FACTOR' | 'MAILER', ReservingTable>,
  user: User,
  { own, provider }: Responding,
  { attemptId, identity, ...kept }: FederatedStep,
): Promise<object | undefined> {
  const { table, config, now, origin } = at
  const hasFactors = factorsOf(user).length > 0
  if (!hasFactors && !needsFactor(user, config.REQUIRE_SECOND_FACTOR)) return undefined
  const purpose = hasFactors ? 'second-factor' : 'enrolment'
  const first = { first: 'fed', provider: provider.id } as const
  const details = { ...kept, ...first, purpose, loginName: user.username } as const
  const { stored, token } = startLoginToken(user, details, now, randomBytes(LOGIN_TOKEN_RANDOM_BYTES))
  const source = sourceOf(origin.sourceIp)
  const [refused, [mark]] = await together([
    transact(table, [spendTry(own, now), useIdentity(user.id, identity.id, identity.label, now)]),
    getItems(table, [knownSourceKey(user.username, source)], ['ownerId', 'expiresAt']),
  ])
  if (refused) throw refused[0] ? alreadyUsed(provider) : unlinked(provider)
  const place = await placeOf(at, { id: attemptId, source, mark }, user)
  const [codes] = await together([
    hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve([]),
    storeLoginToken(table, stored, passwordEvent(at, stored, place, stored.provider)),
  ])
  logEvent('info', { event: hasFactors ? 'factor.required' : 'enrolment.required', userId: user.id })
  return hasFactors
    ? secondFactorBody(user, codes.length > 0, token)
    : enrolmentBody(user, config.MAILER, token)
}
