import type { SignInDevice } from '../../context.ts'
import { isWatched, type Shown, unboundReason } from './bound.ts'
import { registrationOf } from './registration.ts'
import { DEVICE, newChallenge } from './values.ts'

/** Returns what a sign-in does for the device of its session. */
export const signInDevice = (shown: Shown): SignInDevice => ({
  ...DEVICE,
  // A renewed session is of the device that binds it next, and of no earlier one.
  valuesFor: ({ inCookie }) => ({
    device: undefined,
    deviceChallenge: inCookie ? newChallenge() : undefined,
  }),
  headersFor: registrationOf,
  isOf(session, inCookie) {
    const reason = unboundReason(session, shown, inCookie)
    return reason === undefined || isWatched(session, reason, shown)
  },
})
