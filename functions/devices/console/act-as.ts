import { withDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../admin/act-as.ts'

/** `functions/admin/act-as.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withDevice(route))
