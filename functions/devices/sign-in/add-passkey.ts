import { withSignInDevice } from '../../../lib/http/sessions/with-device.ts'
import { tableHandler } from '../../../lib/http/table.ts'
import { route, SETTINGS } from '../../passkeys/add-passkey.ts'

/** `functions/passkeys/add-passkey.ts` with `deviceBoundSessions`. */
export const handler = tableHandler(SETTINGS, withSignInDevice(route))
