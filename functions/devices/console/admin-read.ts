import { withDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../admin/admin-read.ts'

/** `functions/admin/admin-read.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withDevice(route))
