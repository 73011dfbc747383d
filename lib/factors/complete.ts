import { randomBytes } from 'node:crypto'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import {
  getItems,
  type Item,
  type Key,
  type Table,
  type TransactWrite,
  texts,
  transact,
} from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'
import type { Request } from '../http/handler.ts'
import { originOf } from '../http/headers.ts'
import { logEvent } from '../log.ts'
import { factorResetKey } from '../mail/factor-reset.ts'
import { notifyNewSource } from '../mail/request.ts'
import { cookieOf } from '../sessions/cookie.ts'
import { requireOwnPage } from '../sessions/request.ts'
import { sessionResponse } from '../sessions/response.ts'
import {
  lifetimesFrom,
  refreshTtlSeconds,
  SESSION_RANDOM_BYTES,
  type Session,
  startSession,
} from '../sessions/session.ts'
import { replacedSession, sessionOfName } from '../sessions/sign-in.ts'
import { abandonSession, endingOf, newSession, sessionKey } from '../sessions/store.ts'
import { knownSourceKey, sourceOf, totpCounter } from '../throttling/limits.ts'
import { giveBack, markKnownSources } from '../throttling/store.ts'
import type { Amr } from '../users/factors.ts'
import { nameKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { type LoginToken, spendLoginToken } from './login-token.ts'
import { refusal } from './refusals.ts'

/** A sign-in whose factor is verified, and not yet spent. */
export interface FactorSignIn {
  /** As read in this request. A revocation since then revokes the session and its tokens. */
  user: User
  amr: Amr
  /** The token of the first step. A passkey that is both factors has none, only the members of its request. */
  login: LoginToken | Pick<LoginToken, 'inCookie' | 'replaces'>
  /** Writes that spend the factor, each on condition that it is not spent. */
  spend: readonly TransactWrite[]
  /** Returns the error of a factor that another request spent meanwhile. */
  spent: () => ServiceError
  /** More members of the response. */
  more?: object
}

/** The settings of {@link completeSignIn}. */
export type CompletionConfig = Config<
  'SESSION_TTL_SECONDS' | 'SESSION_IDLE_TTL_SECONDS' | 'MAILER' | 'NOTIFY_NEW_SOURCE'
>

/**
 * Completes a sign-in with a second factor or a passkey, and returns the response with its tokens.
 *
 * It signs first. Then one transaction spends the factor and the login token, stores the session, ends the one that it
 * replaces, and cancels a reset of the factors. If the signature or the transaction fails, nothing is spent. After it, the
 * attempts that typing errors cost are given back, and the source becomes known.
 *
 * A sign-in into the session cookie replaces the session of the request's own cookie, which the response overwrites. Without one,
 * and without the cookie, it replaces the session that the first step named.
 *
 * @param request - Of the last step. A sign-in into the session cookie must come from a page that may use it.
 * @param issueToken - Issues the access token of a session.
 * @throws {@link ServiceError} `invalid_credentials`, if the login token is spent; the error of `spent`; `forbidden`, as
 *   `readSignIn` in `lib/sessions/request.ts`; `unavailable`.
 * @example
 * const issue = (session: Session) => issueToken(aws, config, user, session, now)
 * const spent = () => wrongCode('the code was used before', { userId: user.id })
 * const factor = { user, amr: AMR.totp, login, spend: [spendStep(user.id, totp, step)], spent }
 * return completeSignIn(table, config, factor, { event, allowedOrigins, now }, issue)
 */
export async function completeSignIn(
  table: Table,
  config: CompletionConfig,
  signIn: FactorSignIn,
  request: Pick<Request, 'allowedOrigins' | 'now'> & { event: APIGatewayProxyEvent },
  issueToken: (session: Session) => Promise<object>,
): Promise<APIGatewayProxyResult> {
  const { user, amr, login, more } = signIn
  const { event, allowedOrigins, now } = request
  if (login.inCookie) requireOwnPage(event, allowedOrigins)
  const origin = originOf(event)
  const source = sourceOf(origin.sourceIp)
  const lifetimes = lifetimesFrom(config)
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(user, amr, origin, lifetimes, now, random)

  // Since the first step, another user may have signed in in the browser. The response overwrites the cookie of that session.
  const replaces = (login.inCookie && replacedSession(cookieOf(event))) || login.replaces
  const [token, earlier] = await together([
    issueToken(session),
    findEarlier(table, user, { ...login, replaces }, source, now),
  ])
  await store(table, signIn, session, earlier.endings, now)
  await together([
    ...earlier.attempts.map(({ key, ids }) => giveBack(table, { key }, ids)),
    markKnownSources(table, user, source, earlier.mark, lifetimes.absoluteTtlSeconds, now),
    notifyNewSource(table, config, earlier.mark, user, origin, now),
  ])
  logEvent('info', { event: 'login.accepted', userId: user.id })
  return sessionResponse({ ...token, ...more }, refreshToken, refreshTtlSeconds(session, now), login)
}

/** What was there before a sign-in. */
interface Earlier {
  /** Mark that the source is known, as read. */
  mark: Item | undefined
  /** Attempts that the sign-in gives back. One that comes after this read stays counted. */
  attempts: { key: Key; ids: string[] }[]
  /** Writes that end the replaced session and a reset of the factors. */
  endings: TransactWrite[]
}

/** Finds what a sign-in changes or ends, with one consistent read. */
async function findEarlier(
  table: Table,
  user: User,
  login: FactorSignIn['login'],
  source: string,
  now: Date,
): Promise<Earlier> {
  const { loginName = user.username, pairSk, pairAttempts = [] }: Partial<LoginToken> = login
  const totpKey = totpCounter(user.id, now).key
  const resetKey = factorResetKey(user.id)
  const session = login.replaces === undefined ? undefined : sessionOfName(login.replaces)
  const keys = [knownSourceKey(loginName, source), totpKey, resetKey]
  const replacedKeys = session ? [sessionKey(session)] : []
  const found = await getItems(table, [...keys, ...replacedKeys], ['ids', 'expiresAt', 'ownerId'])
  const [mark, totp, reset, replaced] = found
  const counted = [
    { key: totpKey, ids: totp ? texts(totp, 'ids') : [] },
    { key: { pk: nameKey(loginName).pk, sk: { S: pairSk ?? '' } }, ids: pairAttempts },
  ]
  return {
    mark,
    attempts: counted.filter(({ ids }) => ids.length > 0),
    endings: [
      ...(reset ? [{ Delete: { Key: resetKey } }] : []),
      ...(replaced && session ? [{ Update: endingOf(session, now) }] : []),
    ],
  }
}

/** Stores the session, spends what led to it, and ends what was there before, all or nothing. */
async function store(
  table: Table,
  { login, spend, spent }: FactorSignIn,
  session: Session,
  endings: TransactWrite[],
  now: Date,
): Promise<void> {
  const tokens = 'id' in login ? [spendLoginToken(login, session.id)] : []
  const writes = [...tokens, ...spend, { Put: newSession(session) }, ...endings]
  const refused = await transact(table, writes).catch(async (error) => {
    // The writes may have been made, with their response lost. No client has the refresh token.
    await abandonSession(table, session, now).catch(() => undefined)
    throw error
  })
  if (!refused) return
  const spends = refused.slice(0, tokens.length + spend.length)
  if (spends.slice(0, tokens.length).includes(true)) {
    throw refusal('login_expired', 'the login token is spent', { userId: session.userId })
  }
  throw spends.includes(true) ? spent() : new ServiceError('unavailable', 'the sign-in could not be stored')
}
