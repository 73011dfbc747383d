import type { ShownDevice } from '../../context.ts'
import { secondOf } from '../../time.ts'
import type { Shown } from './bound.ts'
import { shownDevice } from './shown.ts'

/** Seconds after a sign-in in which an app may get lasting access from a session of a device. */
const LASTING_ACCESS_SECONDS = 300

/**
 * Returns the device of a request for the access of an app. For lasting access, the sign-in must be young: a thief with both cookies has the
 * session for minutes, and must not make more of it.
 */
export const approvingDevice = (shown: Shown, skipped: string): ShownDevice => ({
  ...shownDevice(shown, skipped),
  demandOf: (session, request) =>
    shown.binding === 'on' &&
    session?.device !== undefined &&
    request.scopes.includes('offline_access') &&
    secondOf(shown.now) > session.authTime + LASTING_ACCESS_SECONDS
      ? { request: { ...request, maxAgeSeconds: 0 }, start: undefined }
      : undefined,
})
