import { randomBytes } from 'node:crypto'
import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { byUser, eventOf, type Happening, partitionOf } from '../events/event.ts'
import type { PresentedToken } from '../sessions/refresh-token.ts'
import type { Replaced } from '../sessions/replaced.ts'
import { SESSION_RANDOM_BYTES, type Session, type SessionStart, startSession } from '../sessions/session.ts'
import { abandonSession, storedSession } from '../sessions/store.ts'
import { type IssuedToken, type IssuerSetting, issueToken } from '../tokens/issue.ts'
import { unrevoked } from '../users/store.ts'
import type { UserState } from '../users/user.ts'

/** A write that spends a credential of a sign-in, and the error if another request has spent it first. */
export interface Spend {
  write: TransactWrite
  refusal: () => ServiceError
}

/** A sign-in whose credentials are verified. */
export interface VerifiedSignIn extends Omit<SessionStart, 'renewed'> {
  /**
   * The profile that was read before the credentials were verified. A revocation since then revokes the
   * session and its tokens.
   */
  user: UserState
  /** The user after the transaction, if a spend changes the user. */
  changed?: UserState | undefined
  /** The token of the session before it in the request, not yet verified. */
  presented?: PresentedToken | undefined
  /** Returns what the session spends. After a password without a second factor, that is nothing. */
  spends?: (session: Session) => readonly Spend[]
  /**
   * Returns the error if the user's sessions were revoked while the sign-in renewed one. Default:
   * `invalid_credentials`.
   */
  revoked?: () => ServiceError
  /**
   * For the event: wrong passwords of this name from this source before it, the id of the login token of its first step, and the
   * identity provider.
   */
  about?: Pick<Happening, 'failures' | 'loginId' | 'ref'> | undefined
}

/** A complete sign-in. */
interface Completed<F> {
  token: IssuedToken
  session: Session
  refreshToken: string
  found: F
}

/**
 * Completes a sign-in: issues its access token and stores its session, or renews the session before it.
 *
 * It signs first, and at the same time finds what the sign-in ends. If the request names a session of the
 * user, it finds that session before, because the token contains the session's id. Then one transaction
 * spends the credentials, stores the session, ends the session before it and adds the event. If anything
 * fails before the transaction, nothing is stored or spent. If the session before has ended in between, it is
 * not ended again. If another request has changed the renewed session in between, all steps are repeated
 * once.
 *
 * If the outcome is unknown, a new session is ended, because no client has its refresh token. A renewed
 * session stays: if nothing was stored, the client's token is still valid.
 *
 * Effects, such as mails and marks, follow after it.
 *
 * @param find - Decides about the session before, and finds what else the sign-in ends. It may be called
 *   twice.
 * @throws The `refusal` of the first spend that another request made first; `revoked`; {@link ServiceError}
 *   `unavailable`; or the error of `find`.
 */
export async function completeSignIn<F extends Replaced>(
  at: At<IssuerSetting>,
  signIn: VerifiedSignIn,
  find: () => Promise<F>,
): Promise<Completed<F>> {
  const completed = (await tryToComplete(at, signIn, find)) ?? (await tryToComplete(at, signIn, find))
  if (completed) return completed
  throw new ServiceError('unavailable', 'the session moved')
}

/** Returns `undefined` if the renewed session has changed since the read. */
async function tryToComplete<F extends Replaced>(
  at: At<IssuerSetting>,
  { user, changed, presented, spends: spendsOf, revoked, about, ...start }: VerifiedSignIn,
  find: () => Promise<F>,
): Promise<Completed<F> | undefined> {
  const { table, now } = at
  const first = presented?.userId === user.id ? await find() : undefined
  const renewed = first?.renewed
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(changed ?? user, { ...start, renewed }, now, random)
  Object.assign(session, at.signInDevice?.valuesFor(session))
  // Without this condition, a sign-in with the old password could renew the session in which the user has
  // changed the password.
  const demands = renewed && !changed ? [{ write: unrevoked(user), refusal: revoked ?? userChanged }] : []
  const spends = [...(spendsOf?.(session) ?? []), ...demands]
  const [token, found] = await together([issueToken(at, changed ?? user, session), first ?? find()])
  const event = eventOf(table, byUser(at, user.id), {
    type: renewed ? 'session.renewed' : 'session.created',
    subject: partitionOf(user.id),
    session: session.id,
    detail: start.amr,
    ...about,
  })
  const writes = [...spends.map(({ write }) => write), storedSession(session, renewed), event]
  const refused = await storeWith(table, writes, found.endings).catch(async (error) => {
    // The new session may be stored, with the response lost. If this call fails too, the session expires.
    if (!renewed) await abandonSession(table, session, now).catch(() => undefined)
    throw error
  })
  const spend = refused && spends[refused.indexOf(true)]
  if (spend) throw spend.refusal()
  return refused ? undefined : { token, session, refreshToken, found }
}

/** The default of `revoked`: the password may be wrong now. */
const userChanged = () => new ServiceError('invalid_credentials', 'the user changed')

/** Makes writes and endings in one transaction. If only endings are refused, repeats it without them. */
async function storeWith(
  table: Table,
  writes: readonly TransactWrite[],
  endings: Replaced['endings'],
): Promise<readonly boolean[] | undefined> {
  const all = [...writes, ...endings.flat()]
  const refused = await transact(table, all)
  const isRefused = (write: TransactWrite) => refused?.[all.indexOf(write)]
  if (!refused || writes.some(isRefused)) return refused
  return storeWith(
    table,
    writes,
    endings.filter((ending) => !ending.some(isRefused)),
  )
}
