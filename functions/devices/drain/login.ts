import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../drain/login.ts'

/** `functions/drain/login.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withSignInDevice(route))
