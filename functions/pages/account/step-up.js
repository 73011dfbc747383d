// The new sign-in that a change may need, on the pages /account and /admin-console.

import { signInWithPasskey } from '../../../client/passkeys.js'
import { passkeyFailureOf } from '../factors/dialogs.js'
import { askFactor } from '../factors/second-factor.js'
import { failureOf } from '../form.js'
import { say } from '../words.js'

/**
 * Signs in again with the password of the change and with a second factor. The earlier session ends. A user
 * who must now set up a factor is signed out: the sign-in page sets it up, and leads back.
 *
 * @param id - Id of the user whose account the page shows. A page of another origin may have signed in
 *   another user. The new sign-in would end that user's session, so the client checks first.
 * @returns Nothing, or the problem in the form of `call` of `form.js`, at the field of the password.
 */
export const stepUp = (auth, id, password) => signInAs(auth, id, (user) => byPassword(auth, user, password))

/** Signs in again with a passkey, like {@link stepUp}. */
export const stepUpByPasskey = (auth, id) =>
  signInAs(auth, id, () => signInWithPasskey(auth).then(() => undefined, passkeyFailureOf))

async function signInAs(auth, id, signIn) {
  try {
    const user = await auth.refresh()
    if (user?.id !== id)
      return { status: 0, body: { detail: say('Another user has signed in. Nothing was changed.') } }
    return await signIn(user)
  } catch (error) {
    return failureOf(error)
  }
}

async function byPassword(auth, { username }, password) {
  try {
    const step = await auth.signIn({ username, password })
    if (step.next === 'enrolment') {
      await auth.signOut()
      return { status: 0, body: { detail: say('Sign in again to set up a second factor.') } }
    }
    if (step.next !== 'second-factor') return undefined
    const response = await askFactor(auth, step)
    if (response?.status === 200) return undefined
    return (
      response ?? { status: 0, body: { detail: say('Nothing was changed: the second factor is missing.') } }
    )
  } catch (error) {
    const response = failureOf(error)
    const errors = [{ pointer: '#/currentPassword', detail: say('Incorrect password.') }]
    return response.status === 401 ? { status: 422, body: { errors } } : response
  }
}
