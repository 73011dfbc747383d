/** The problem of a request without the device of its session. Clients compare `error`. */
export const DEVICE_REQUIRED = {
  error: 'device_required',
  detail: 'This session belongs to another device. Sign in again.',
}

/** The detail of the response that asks a browser for a proof. */
export const DEVICE_CHALLENGE = 'The device of the session must sign the challenge.'

/** The problem of a request whose browser could not renew the cookie now. */
export const DEVICE_BUSY = {
  error: 'device_busy',
  detail: 'The browser could not show that it is the device of the session. Try again shortly.',
  // Clients that wait for up to 30 seconds show at once that there is an outage, and the sign-in page its form.
  retryAfterSeconds: 60,
}
