// Passkeys, for pages that offer them and load client.js. passkeys.d.ts describes what it exports.

/** What the service's problem says of a passkey that it does not have. */
const UNKNOWN = 'unknown_passkey'

/** Name of the item that says when this browser last made a passkey. */
const MADE_AT = 'passkey-made-at'
/** As long as the service waits for a new passkey. Until then, an account may get one that the service does not know. */
const WAIT_MS = 300_000

export const hasPasskeys = Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON)

/** @type {typeof import('./passkeys.d.ts').hasAutofill} */
export const hasAutofill = async () =>
  hasPasskeys && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true

/** @type {typeof import('./passkeys.d.ts').signInWithPasskey} */
export async function signInWithPasskey(auth, { loginToken, mediation, signal } = {}) {
  /** @type {PublicKeyCredentialRequestOptionsJSON} */
  const options = await auth.post('login/passkey/options', { loginToken })
  const credential = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
      ...(mediation && { mediation }),
      ...(signal && { signal }),
    })
  )
  try {
    return await auth.signIn({ loginToken, response: credential.toJSON() }, 'login/passkey')
  } catch (error) {
    // The authenticator then stops offering the passkey, if the browser has the method. With a login token, the passkey may be
    // registered to another user. A new one may be on its way in another tab.
    const { problem } = /** @type {import('./client.d.ts').AuthError} */ (error)
    if (problem?.error === UNKNOWN && !loginToken && !isAwaited()) {
      const unknown = { rpId: options.rpId, credentialId: credential.id }
      await PublicKeyCredential.signalUnknownCredential?.(unknown).catch(() => {})
    }
    throw error
  }
}

/** @type {typeof import('./passkeys.d.ts').createPasskey} */
export async function createPasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }))
  try {
    localStorage.setItem(MADE_AT, String(Date.now()))
  } catch {}
  return credential.toJSON()
}

/** Whether the service may wait for a passkey of this browser. */
function isAwaited() {
  try {
    return Date.now() - Number(localStorage.getItem(MADE_AT)) < WAIT_MS
  } catch {
    return false
  }
}
