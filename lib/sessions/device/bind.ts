import { attributesOf, type Table, writeIf } from '../../aws/dynamodb.ts'
import { secondOf } from '../../time.ts'
import { parseRefreshToken } from '../refresh-token.ts'
import { isLive, type Session } from '../session.ts'
import { findSession, sessionKey } from '../store.ts'
import { DEVICE_VALUES, newChallenge } from './values.ts'

/** Seconds after a sign-in in which its session can be bound. A key in a TPM takes some. */
const BINDABLE_SECONDS = 300

/** A session that can be bound, or is. */
export type DeviceSession = Session & { deviceChallenge: string }

/**
 * Finds the live session of a cookie, by the selector and the sign-in of its refresh token. The secret is not verified: a rotation may come
 * between, and nothing is given without a signature.
 *
 * @param unverifiedToken - The cookie.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findDeviceSession(
  { table, now }: { table: Table; now: Date },
  unverifiedToken: string,
): Promise<DeviceSession | undefined> {
  const presented = parseRefreshToken(unverifiedToken)
  if (!presented) return undefined
  const { userId, sessionId, authTime } = presented
  const { session, user } = await findSession(table, userId, sessionId, DEVICE_VALUES)
  if (!session || session.authTime !== authTime || !isLive(session, user, now)) return undefined
  const { inCookie, deviceChallenge } = session
  return inCookie && deviceChallenge !== undefined ? { ...session, deviceChallenge } : undefined
}

/** Whether a session is not bound yet and its sign-in is young enough. */
export const isBindable = ({ device, authTime }: DeviceSession, now: Date): boolean =>
  device === undefined && secondOf(now) <= authTime + BINDABLE_SECONDS

/**
 * Binds a session to a device, or uses the challenge of a bound one, and draws the next challenge.
 *
 * The condition is that nothing has changed since the read: no other device, no other use of the challenge, no end. The same write may be
 * sent twice: it finds its own values.
 *
 * @returns The next challenge, or `undefined` if something has changed.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function useChallenge(
  table: Table,
  session: DeviceSession,
  device: string,
): Promise<string | undefined> {
  const next = newChallenge()
  const before = session.device === undefined ? 'attribute_not_exists(device)' : 'device = :device'
  const isStored = await writeIf(table, 'UpdateItem', {
    Key: sessionKey(session),
    ConditionExpression: `attribute_not_exists(endedAt) AND ((${before} AND deviceChallenge = :read) OR (device = :device AND deviceChallenge = :next))`,
    UpdateExpression: 'SET device = :device, deviceChallenge = :next',
    ExpressionAttributeValues: attributesOf({
      ':read': session.deviceChallenge,
      ':device': device,
      ':next': next,
    }),
  })
  return isStored ? next : undefined
}
