import { withDevice } from '../../lib/http/sessions/with-device.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route, SETTINGS } from '../sessions/refresh.ts'

/** `functions/sessions/refresh.ts` with `deviceBoundSessions`. */
export const handler = tableHandler(SETTINGS, withDevice(route))
