import { randomBytes } from 'node:crypto'
import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { ServiceError } from '../errors.ts'
import { type Act, eventOf, partitionOf } from '../events/event.ts'
import { SESSION_RANDOM_BYTES, type Session, type SessionStart, startSession } from '../sessions/session.ts'
import { abandonSession, newSession } from '../sessions/store.ts'
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
  /** Wrong passwords of this name from this source before it, for the event. */
  failures?: number | undefined
}

/** The steps of a sign-in that {@link completeSignIn} takes at once, before anything is stored. */
interface Steps<T extends object, F extends Found> {
  /** Issues the access token of the session. */
  issueToken: (session: Session) => Promise<T>
  /** Finds what the sign-in ends. Other steps that need not succeed may run beside it. */
  find: () => Promise<F>
}

/** What a sign-in ends: writes that are made with the session. Those of one ending are made together, or not at all. */
interface Found {
  endings: readonly (readonly TransactWrite[])[]
}

/**
 * Completes a sign-in: issues its access token and stores its session.
 *
 * It signs first, and meanwhile finds what the sign-in ends. Then one transaction spends what led to the sign-in, stores the session,
 * ends what was there before and adds the event. If anything before it fails, nothing is stored and nothing is spent. If its
 * outcome is unknown, the session is ended, because no client has its refresh token. What has ended meanwhile is not ended again.
 *
 * Effects, such as mails and marks, come after it.
 *
 * @throws The `refusal` of the first spend that another request made first; {@link ServiceError} `unavailable`; or what a step
 *   threw.
 */
export async function completeSignIn<T extends object, F extends Found>(
  table: Table,
  { user, spends: spendsOf = () => [], failures, ...start }: VerifiedSignIn,
  { issueToken, find }: Steps<T, F>,
  act: Act,
): Promise<{ token: T; session: Session; refreshToken: string; found: F }> {
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(user, start, act.now, random)
  const spends = spendsOf(session)
  const [token, found] = await together([issueToken(session), find()])
  const event = eventOf(table, act, {
    type: 'session.created',
    subject: partitionOf(user.id),
    session: session.id,
    detail: start.amr,
    failures,
  })
  const writes = [...spends.map(({ write }) => write), newSession(session), event]
  const refused = await storeWith(table, writes, found.endings).catch(async (error) => {
    // The session may be stored, with the response lost. If this fails too, it expires by itself.
    await abandonSession(table, session, act.now).catch(() => undefined)
    throw error
  })
  if (refused) throw refusalOf(spends[refused.indexOf(true)])
  return { token, session, refreshToken, found }
}

/** Makes writes and endings in one transaction. If only endings are refused, makes it again without these. */
async function storeWith(
  table: Table,
  writes: readonly TransactWrite[],
  endings: Found['endings'],
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

/** Returns the error of a refused transaction, in which a spend comes before all other writes. */
const refusalOf = (spend: Spend | undefined): ServiceError =>
  spend?.refusal() ?? new ServiceError('unavailable', 'the sign-in could not be stored')
