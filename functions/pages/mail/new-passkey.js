// An account with a passkey in place of a password, on /register, /confirm and /signin.

import { createPasskey, hasPasskeys } from '../../../client/passkeys.js'
import { creationFailureOf } from '../factors/dialogs.js'
import { showRecoveryCodes } from '../factors/set-up.js'
import { element } from '../form.js'
import { say } from '../words.js'
import { signalUsername } from './signals.js'

/** Whether the user has pressed the button of the passkey. The Enter key presses the first button of a form. */
let isChosen = false
/** A passkey that no account has yet, with its proof and its name. A taken username does not cost another one. */
let made
/** Whether a response was lost. The account may exist. */
let isLost = false

/** Lets a form create an account with a passkey by its first button, or without one by its second button. */
export function offerPasskey(form) {
  const [withPasskey, without] = form.querySelectorAll('[type="submit"]')
  without.disabled = false
  withPasskey.addEventListener('click', () => {
    isChosen = true
  })
  without.addEventListener('click', () => {
    isChosen = false
  })
  if (hasPasskeys) return
  without.className = 'primary'
  // A hidden button would still be the one of the Enter key.
  withPasskey.nextElementSibling.remove()
  withPasskey.remove()
}

export const isPasskeyChosen = () => isChosen && hasPasskeys

/**
 * Creates an account with a passkey, and signs in with the client.
 *
 * @param body - The proof that the user has read the mail.
 * @param username - May be empty.
 * @returns The result of `call` of `form.js`.
 */
export async function registerWithPasskey(auth, { password: _, ...proof }, username) {
  const key = proof.token ?? proof.mailId
  const named = { ...proof, ...(username && { username }) }
  try {
    if (made?.key !== key) made = await makePasskey(auth, named, key)
    const user = await auth.signIn({ ...named, response: made.response }, 'register/confirm')
    const { rpId, name } = made
    made = undefined
    if (user.username !== name) await signalUsername(rpId, user)
    return { status: 200, body: user }
  } catch (error) {
    return failureWith(creationFailureOf(error))
  }
}

async function makePasskey(auth, named, key) {
  const options = await auth.post('register/passkey', named)
  const { rp, user } = options
  return { key, rpId: rp.id, name: user.name, response: await createPasskey(options) }
}

/** Forgets a passkey that the service does not accept. After a lost response, the account may exist. */
function failureWith(response) {
  const { status, body } = response
  if (body.error === 'passkey_refused' || body.errors?.some(({ pointer }) => pointer === '#/response')) {
    made = undefined
  }
  const detail = say('The account may have been created. Try to sign in with the passkey.')
  const wasLost = isLost && status === 400
  isLost = made !== undefined && (status === 0 || status >= 500)
  return wasLost ? { ...response, body: { ...body, detail } } : response
}

/** Shows the recovery codes of a new account, and then its page. */
export async function showCodesOf({ recoveryCodes }) {
  await showRecoveryCodes(recoveryCodes)
  element('done-title').focus()
}
