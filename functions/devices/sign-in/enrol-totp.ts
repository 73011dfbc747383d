import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { reservingHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../enrolment/enrol-totp.ts'

/** `functions/enrolment/enrol-totp.ts` with `deviceBoundSessions`. */
export const handler = reservingHandler(SETTINGS, withSignInDevice(route))
