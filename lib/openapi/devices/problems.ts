import { TITLES } from '../../errors.ts'
import { DEVICE_BUSY, DEVICE_CHALLENGE, DEVICE_REQUIRED } from '../../sessions/device/refusals.ts'

/** Problems of sessions that are bound to devices. */
export const DEVICE_PROBLEMS = {
  device_required: {
    status: 401,
    title: TITLES[401],
    detail: DEVICE_REQUIRED.detail,
    members: { error: DEVICE_REQUIRED.error },
  },
  device_busy: {
    status: 503,
    title: TITLES[503],
    detail: DEVICE_BUSY.detail,
    members: { error: DEVICE_BUSY.error },
  },
  device_challenge: { status: 403, title: TITLES[403], detail: DEVICE_CHALLENGE },
}
