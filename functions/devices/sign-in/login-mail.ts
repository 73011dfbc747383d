import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../sign-in/login-mail.ts'

/** `functions/sign-in/login-mail.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withSignInDevice(route))
