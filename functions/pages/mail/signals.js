// Signals to the password manager of the browser, about one passkey or one username each. A list of all passkeys is never signalled: one that
// another tab or device is adding at this moment is not in it, and the password manager would delete that one.

import { call } from '../form.js'

/** The service's list of the passkeys that the page shows, with their relying party. */
let shown

/** Keeps the list that the page shows. */
export const keepPasskeys = (list) => {
  shown = list
}

/** Browsers without a method keep what they have. A signal that fails is no failure of what it is about. */
const signal = async (method, about) => {
  await globalThis.PublicKeyCredential?.[method]?.(about).catch(() => {})
}

/** Signals that a passkey of the shown list was removed. Call it after nothing but the removal. */
export const signalRemoval = ({ credentialId }) =>
  signal('signalUnknownCredential', { rpId: shown.rpId, credentialId })

/** Signals the name that passkeys of a user are shown with. */
export const signalUsername = (rpId, { id, username }) =>
  signal('signalCurrentUserDetails', { rpId, userId: id, name: username, displayName: username })

/** Signals the username of the user whose passkeys the page shows: it may have changed since they were made. */
export async function signalShownUser({ sub, username }) {
  if (shown?.passkeys.length > 0) await signalUsername(shown.rpId, { id: sub, username })
}

/** Signals the username of the user whose address has changed, if no other user has signed in since. */
export async function signalCaller(auth, caller) {
  if (auth.user?.id !== caller.id) return
  const { status, body } = await call('passkeys', { fetch: auth.fetch })
  if (status !== 200 || auth.user?.id !== caller.id) return
  keepPasskeys(body)
  await signalShownUser({ sub: auth.user.id, username: auth.user.username })
}
