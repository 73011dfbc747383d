import { getItems, type Item, type Key, texts } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { refusal } from '../factors/refusals.ts'
import { logEvent } from '../log.ts'
import { factorResetKey } from '../mail/factor-reset.ts'
import { notifyNewSource } from '../mail/request.ts'
import { type CookieRequest, requireOwnPage } from '../sessions/page.ts'
import { type PresentedToken, parseRefreshToken } from '../sessions/refresh-token.ts'
import { judgeReplaced, presentedKey, type Replaced, replacedNames } from '../sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds, type Session, type SessionTokens } from '../sessions/session.ts'
import { totpCounter } from '../throttling/factor-counters.ts'
import { markKnownSources } from '../throttling/known-sources.ts'
import { knownSourceKey } from '../throttling/limits.ts'
import { sourceOf } from '../throttling/source.ts'
import { giveBack } from '../throttling/store.ts'
import type { IssuerSetting } from '../tokens/issue.ts'
import { type Amr, withFirst } from '../users/factors.ts'
import { nameKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { completeSignIn, type Spend } from './complete.ts'
import { begunAtOf, type LoginToken, spendLoginToken } from './login-token.ts'

/** A sign-in whose factor is verified, and not yet spent. */
export interface FactorSignIn {
  /** The profile that this request has read. */
  user: User
  /** The user after the spends, if they change the user. */
  changed?: User
  amr: Amr
  /**
   * The token of the first step. A sign-in with one step has no token, only the members of its
   * request. Without a login name, it is in the username.
   */
  login: LoginToken | (Pick<LoginToken, 'inCookie' | 'replaces'> & Partial<Pick<LoginToken, 'loginName'>>)
  /** Id of the identity provider that is the only step, for the event. */
  ref?: string
  /** Writes that spend the factor. */
  spends: readonly Spend[]
  /** Additional members of the response. */
  more?: object
}

/** The settings of {@link completeFactorSignIn}. */
type CompletionSetting =
  | IssuerSetting
  | 'SESSION_TTL_SECONDS'
  | 'SESSION_IDLE_TTL_SECONDS'
  | 'REFRESH_GRACE_SECONDS'
  | 'MAILER'
  | 'NOTIFY_NEW_SOURCE'

/**
 * Completes a sign-in with a second factor or a passkey, and returns its tokens.
 *
 * The transaction of `completeSignIn` spends the factor and the login token, stores or renews the session,
 * and cancels a reset of the factors. After it, the attempts of typing errors are given back, and the source
 * becomes known.
 *
 * A sign-in into the session cookie replaces the session in the request's cookie, which the response
 * overwrites. Without such a cookie, or with the token in the body, it replaces the session of the first
 * step.
 *
 * @param page - Page of the last step. A sign-in into the session cookie must come from a page that may use
 *   it.
 * @throws {@link ServiceError} `invalid_credentials`, if the login token is spent; the `refusal` of a spend; `forbidden`, as
 *   `requireOwnPage` in `lib/sessions/page.ts`; `unavailable`.
 */
export async function completeFactorSignIn(
  at: At<CompletionSetting>,
  { user, changed, amr, ref, login, spends, more }: FactorSignIn,
  page: CookieRequest,
): Promise<SessionTokens> {
  const { table, config, origin, now } = at
  if (login.inCookie) requireOwnPage(page)
  const replaced = replacedBy(login, page)
  const { id: loginId, first, provider, pairAttempts }: Partial<LoginToken> = login
  const { token, session, refreshToken, found } = await completeSignIn(
    at,
    {
      user,
      changed,
      presented: replaced.presented,
      amr: withFirst(amr, first),
      inCookie: login.inCookie,
      origin,
      lifetimes: lifetimesFrom(config),
      about: { failures: pairAttempts?.length ?? 0, loginId, ref: provider ?? ref },
      spends: (session) => [...spendsOf(login, session), ...spends],
      revoked: () => refusal('login_expired', 'the sessions were revoked', { userId: user.id }),
    },
    () => findEarlier(at, user, login, replaced),
  )
  await together([
    ...found.attempts.map(({ key, ids }) => giveBack(table, { key }, ids)),
    markKnownSources(at, user, found.mark),
    notifyNewSource(at, found.mark, user),
  ])
  logEvent('info', { event: 'login.accepted', userId: user.id })
  return {
    token: { ...token, ...more },
    refreshToken,
    refreshExpiresIn: refreshTtlSeconds(session, now),
    inCookie: login.inCookie,
    headers: at.signInDevice?.headersFor(session, config.TOKEN_ISSUER),
  }
}

/** The token of the session that a sign-in replaces, not yet verified, and when the client presented it. */
interface ReplacedToken {
  presented: PresentedToken | undefined
  /** In epoch milliseconds. `undefined` for a token of this request. */
  presentedAtMs: number | undefined
}

/** Returns the token in the cookie that the response overwrites, or else that of the first step. */
function replacedBy(login: FactorSignIn['login'], page: CookieRequest): ReplacedToken {
  // Another user may have signed in in the browser since the first step.
  const own = login.inCookie ? parseRefreshToken(page.refreshToken) : undefined
  const presented = own ?? parseRefreshToken(login.replaces ?? '')
  const presentedAtMs = own || !('id' in login) ? undefined : begunAtOf(login) * 1_000
  return { presented, presentedAtMs }
}

/** Returns the spend of a login token: a complete sign-in uses it up. */
function spendsOf(login: FactorSignIn['login'], { id, userId }: Session): Spend[] {
  if (!('id' in login)) return []
  const refused = () => refusal('login_expired', 'the login token is spent', { userId })
  return [{ write: spendLoginToken(login, id), refusal: refused }]
}

/** State before a sign-in. */
interface Earlier extends Replaced {
  /** The stored mark that the source is known. */
  mark: Item | undefined
  /** Attempts that the sign-in gives back. An attempt after this read stays counted. */
  attempts: { key: Key; ids: string[] }[]
}

/** Finds what a sign-in changes or ends, with one consistent read. */
async function findEarlier(
  at: At<'REFRESH_GRACE_SECONDS'>,
  user: User,
  login: FactorSignIn['login'],
  { presented, presentedAtMs }: ReplacedToken,
): Promise<Earlier> {
  const { table, config, origin, now } = at
  const source = sourceOf(origin.sourceIp)
  const { loginName = user.username, pairSk, pairAttempts = [] }: Partial<LoginToken> = login
  const codesKey = totpCounter(user.id, now).key
  const resetKey = factorResetKey(user.id)
  const keys = [
    knownSourceKey(loginName, source),
    codesKey,
    resetKey,
    ...(presented ? [presentedKey(presented)] : []),
  ]
  const [mark, totp, reset, session] = await getItems(table, keys, [
    'ids',
    'ownerId',
    ...replacedNames(at.signInDevice),
  ])
  const counted = [
    { key: codesKey, ids: totp ? texts(totp, 'ids') : [] },
    { key: { pk: nameKey(loginName).pk, sk: { S: pairSk ?? '' } }, ids: pairAttempts },
  ]
  const graceSeconds = config.REFRESH_GRACE_SECONDS
  const { inCookie } = login
  const device = at.signInDevice
  const signing = { user, graceSeconds, presentedAtMs, inCookie, device, act: byUser(at, user.id) }
  const { renewed, endings } = judgeReplaced(table, presented, session, signing)
  return {
    mark,
    attempts: counted.filter(({ ids }) => ids.length > 0),
    ...(renewed && { renewed }),
    endings: [...endings, ...(reset ? [[{ Delete: { Key: resetKey } }]] : [])],
  }
}
