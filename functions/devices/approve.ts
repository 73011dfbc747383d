import { withApprovingDevice } from '../../lib/http/sessions/with-device.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route, SETTINGS } from '../oauth/approve.ts'

/** `functions/oauth/approve.ts` with `deviceBoundSessions`. */
export const handler = tableHandler(SETTINGS, withApprovingDevice(route))
