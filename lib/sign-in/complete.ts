import { randomBytes } from 'node:crypto'
import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { ServiceError } from '../errors.ts'
import { SESSION_RANDOM_BYTES, type Session, type SessionStart, startSession } from '../sessions/session.ts'
import { abandonSession, newSession, putSession } from '../sessions/store.ts'
import type { UserState } from '../users/user.ts'

/** A write that spends what led to a sign-in, and the error if it was spent meanwhile. */
export interface Spend {
  write: TransactWrite
  refusal: () => ServiceError
}

/** A sign-in whose credentials are verified. */
export interface VerifiedSignIn extends SessionStart {
  /** As read before the credentials were verified. A revocation since then revokes the session and its tokens. */
  user: Pick<UserState, 'id' | 'sessionGeneration'>
  /** Returns what the session spends; nothing after a password alone. */
  spends?: (session: Session) => readonly Spend[]
}

/** The steps of a sign-in that {@link completeSignIn} takes at once, before anything is stored. */
interface Steps<T extends object, F extends Found> {
  /** Issues the access token of the session. */
  issueToken: (session: Session) => Promise<T>
  /** Finds what the sign-in ends. Other steps that need not succeed may run beside it. */
  find: () => Promise<F>
}

/** What a sign-in ends: writes that are made with the session. */
interface Found {
  endings: readonly TransactWrite[]
}

/**
 * Completes a sign-in: issues its access token and stores its session.
 *
 * It signs first, and meanwhile finds what the sign-in ends. Then one write stores the session: alone, or in one transaction that
 * spends what led to the sign-in and ends what was there before. If anything before it fails, nothing is stored and nothing is
 * spent. If its outcome is unknown, the session is ended, because no client has its refresh token.
 *
 * Effects, such as mails and marks, come after it.
 *
 * @throws The `refusal` of the first spend that another request made first; {@link ServiceError} `unavailable`; or what a step
 *   threw.
 */
export async function completeSignIn<T extends object, F extends Found>(
  table: Table,
  { user, spends: spendsOf = () => [], ...start }: VerifiedSignIn,
  { issueToken, find }: Steps<T, F>,
  now: Date,
): Promise<{ token: T; session: Session; refreshToken: string; found: F }> {
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(user, start, now, random)
  const spends = spendsOf(session)
  const [token, found] = await together([issueToken(session), find()])
  const writes = [...spends.map(({ write }) => write), { Put: newSession(session) }, ...found.endings]
  const written = writes.length === 1 ? putSession(table, session) : transact(table, writes)
  const refused = await written.catch(async (error) => {
    // The session may be stored, with the response lost. If this fails too, it expires by itself.
    await abandonSession(table, session, now).catch(() => undefined)
    throw error
  })
  if (refused) throw refusalOf(spends[refused.indexOf(true)])
  return { token, session, refreshToken, found }
}

/** Returns the error of a refused transaction, in which a spend comes before all other writes. */
const refusalOf = (spend: Spend | undefined): ServiceError =>
  spend?.refusal() ?? new ServiceError('unavailable', 'the sign-in could not be stored')
