import { getItems, type Item, number, type Table, type TransactWrite, text } from '../aws/dynamodb.ts'
import { type Attributes, namesOf, valuesOf } from '../aws/item.ts'
import type { SignInDevice } from '../context.ts'
import type { Act } from '../events/event.ts'
import { secondOf } from '../time.ts'
import type { UserState } from '../users/user.ts'
import { classifySecret, type PresentedToken } from './refresh-token.ts'
import { isUnrevoked, type RenewedSession, type SESSION } from './session.ts'
import { endingOf, sessionKey } from './store.ts'

/**
 * Attributes of a session that decide whether it is renewed or ended. They are a separate list, because
 * bundles would contain all of `SESSION` otherwise.
 */
const DECIDING = {
  secretHash: text,
  salt: text,
  rotatedAtMs: number,
  authTime: number,
  expiresAt: number,
  sessionGeneration: number,
} satisfies Attributes & Partial<typeof SESSION>

/** Attributes that are read of the session before a sign-in. */
export const REPLACED_SESSION = ['endedAt', ...namesOf(DECIDING)]

/** Returns the attributes that are read of it. */
export const replacedNames = (device: SignInDevice | undefined): readonly string[] => [
  ...REPLACED_SESSION,
  ...(device?.names ?? []),
]

/**
 * The decision about the session before a sign-in: the sign-in renews it, ends it, or finds no session. In
 * the last case nothing is written: otherwise a made-up token would leave a tombstone in the partition of
 * another user.
 */
export interface Replaced {
  renewed?: RenewedSession
  /** Writes that end it, if any. Each ending is one transaction. */
  endings: readonly (readonly TransactWrite[])[]
}

/** The user and the time of a sign-in. */
interface Signing {
  /** From the read before the credentials were verified. */
  user: UserState
  /** How long a replaced token still counts as the current one. */
  graceSeconds: number
  /**
   * Millisecond at which an earlier step of the sign-in presented the token. The token may have counted as
   * the current one at that time.
   */
  presentedAtMs?: number | undefined
  /** Whether the sign-in is into the cookie. A token of a body shows no device. */
  inCookie?: boolean
  device?: SignInDevice | undefined
  act: Act
}

/** Returns the key of the session of a token. */
export const presentedKey = ({ userId, sessionId }: PresentedToken) => sessionKey({ userId, id: sessionId })

/**
 * Decides whether a sign-in renews or ends the session before it, and logs reuse.
 *
 * The sign-in renews a live session of the same user if the request has its current token, or the one before
 * within the grace. With another token, the request may come from a browser that does not use the session, so
 * the session ends. With a token that was replaced earlier, it ends as at a refresh: see `redeemAnyToken` in
 * `redeem.ts`.
 *
 * A token without the device of its session is a copy, or of a browser that lost its key. It neither renews the session nor ends it.
 *
 * @param presented - The session's token in the request, not yet verified.
 * @param item - The stored session. For another user's session, nothing else was read.
 */
export function judgeReplaced(
  table: Table,
  presented: PresentedToken | undefined,
  item: Item | undefined,
  { user, graceSeconds, presentedAtMs = Infinity, inCookie = false, device, act }: Signing,
): Replaced {
  if (!presented || !item || item.endedAt !== undefined) return { endings: [] }
  const session = {
    ...presented,
    id: presented.sessionId,
    ...valuesOf(DECIDING, item),
    ...device?.valuesOf(item),
  }
  const isOwn = session.userId === user.id
  if (session.expiresAt <= secondOf(act.now) || (isOwn && !isUnrevoked(session, user))) return { endings: [] }
  if (device?.isOf(session, inCookie) === false) return { endings: [] }
  const state = classifySecret(session, presented, graceSeconds, act.now)
  if (isOwn && state !== 'changed' && state !== 'reused') return { renewed: session, endings: [] }
  const isReuse = state === 'reused' && session.rotatedAtMs + graceSeconds * 1_000 <= presentedAtMs
  return { endings: [endingOf(table, session, isReuse ? 'reused' : 'replaced', act)] }
}

/**
 * Finds the session before a sign-in, and decides about it like {@link judgeReplaced}. Without a token it
 * makes no call.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findReplaced(
  table: Table,
  presented: PresentedToken | undefined,
  signing: Signing,
): Promise<Replaced> {
  const names = replacedNames(signing.device)
  const [item] = presented ? await getItems(table, [presentedKey(presented)], names) : []
  return judgeReplaced(table, presented, item, signing)
}
