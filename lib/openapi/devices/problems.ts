import { DEVICE_BUSY, DEVICE_CHALLENGE, DEVICE_REQUIRED } from '../../sessions/device/refusals.ts'
import { ofCode } from '../problems/of-code.ts'

/** Problems of sessions that are bound to devices. */
export const DEVICE_PROBLEMS = {
  device_required: ofCode('invalid_token', DEVICE_REQUIRED.detail, { error: DEVICE_REQUIRED.error }),
  device_busy: ofCode('unavailable', DEVICE_BUSY.detail, { error: DEVICE_BUSY.error }),
  device_challenge: ofCode('forbidden', DEVICE_CHALLENGE),
}
