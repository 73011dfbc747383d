import { withDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../admin/admin-change.ts'

/** `functions/admin/admin-change.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withDevice(route))
