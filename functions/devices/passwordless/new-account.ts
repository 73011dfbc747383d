import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../passwordless/new-account.ts'

/** `functions/passwordless/new-account.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withSignInDevice(route))
