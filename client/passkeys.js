// Passkeys, for pages that offer them and load client.js. passkeys.d.ts describes what it exports.

/** What the service's problem says of a passkey that it does not have. */
const UNKNOWN = 'unknown_passkey'

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
    // registered to another user.
    const { problem } = /** @type {import('./client.d.ts').AuthError} */ (error)
    if (problem?.error === UNKNOWN && !loginToken) {
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
  return credential.toJSON()
}
