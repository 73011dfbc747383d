import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../sessions/login.ts'

/** `functions/sessions/login.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withSignInDevice(route))
