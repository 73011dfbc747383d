import type { Auth, User } from './client.d.ts'

/** Whether this browser has what the functions below need. */
export const hasPasskeys: boolean

/** Returns whether the browser can offer passkeys in the autofill of a field with `autocomplete="username webauthn"`. */
export function hasAutofill(): Promise<boolean>

/**
 * Signs in with a passkey, in all tabs of this origin. The browser asks the user which one.
 *
 * If the service does not have the passkey, its authenticator learns that, where the browser supports it. With a login token it
 * does not: the passkey may be another user's.
 *
 * @param auth - Of `createAuth`.
 * @param options.loginToken - Of a sign-in that needs a second factor: the passkey is the second factor. Without it, the passkey is the whole sign-in.
 * @param options.mediation - `conditional` offers passkeys in the autofill and waits, until the signal aborts.
 * @throws AuthError as `signIn`. Its `problem.error` is `unknown_passkey` if the service does not have the passkey.
 * @throws DOMException of `navigator.credentials.get`: `NotAllowedError` if the user cancels, or has no passkey.
 */
export function signInWithPasskey(
  auth: Pick<Auth, 'post' | 'signIn'>,
  options?: { loginToken?: string; mediation?: CredentialMediationRequirement; signal?: AbortSignal },
): Promise<User>

/**
 * Creates a passkey with the options of `POST /passkeys/options`.
 *
 * @returns The `response` for `POST /passkeys`.
 * @throws DOMException of `navigator.credentials.create`: `NotAllowedError` if the user cancels, `InvalidStateError` if the
 *   authenticator has a passkey of this user already.
 */
export function createPasskey(
  options: PublicKeyCredentialCreationOptionsJSON,
): Promise<PublicKeyCredentialJSON>
