import type { ShownDevice } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { isWatched, type Shown, unboundReason } from './bound.ts'
import { DEVICE_BUSY, DEVICE_REQUIRED } from './refusals.ts'
import { thumbprintOf } from './thumbprint.ts'
import { DEVICE } from './values.ts'

/**
 * Returns what a request on a session shows of its device.
 *
 * A request that says why its browser could not renew the cookie gets an outage, so the client keeps its user. A thief with that header gets nothing
 * either.
 *
 * @param skipped - The header `Secure-Session-Skipped`: why the browser did not renew the cookie.
 */
export const shownDevice = (shown: Shown, skipped: string): ShownDevice => ({
  ...DEVICE,
  summaryOf: ({ device }) => (device === undefined ? {} : { deviceBound: true }),
  require(session, inCookie) {
    const reason = unboundReason(session, shown, inCookie)
    if (reason === undefined) return
    const why = inCookie ? skippedReason(session.device, skipped) : undefined
    if (isWatched(session, why ?? reason, shown)) return
    throw why
      ? new ServiceError('unavailable', 'the browser could not renew the cookie', DEVICE_BUSY)
      : new ServiceError('invalid_token', 'not the device of the session', DEVICE_REQUIRED)
  },
})

const SKIPPED = /^ *(unreachable|server_error|quota_exceeded) *;.*\bsession_identifier="([\w-]{43})"/

/** Returns why the browser did not renew the cookie of a device, from a list (RFC 9651 section 3.1) with an item for each session. */
function skippedReason(device: string | undefined, skipped: string): string | undefined {
  const items = skipped.split(',').map((item) => SKIPPED.exec(item))
  return items.find((match) => device && match?.[2] === thumbprintOf(device))?.[1]
}
