// The end of a registration, on /register and /confirm.

import { createAuth } from '../../../client/session.js'
import { ENROLMENT_KEY, element, failureOf } from '../form.js'
import { isPasskeyChosen, registerWithPasskey } from '../mail/new-passkey.js'
import { leadBack, signinUrl } from '../signin/links.js'
import { language, say } from '../words.js'

/**
 * The client. It sends its first request when it is created, and a page must send none when its link is
 * opened.
 */
let auth

/**
 * Creates an account, and signs in with the client. So all tabs learn the new user, and none shows the user
 * before.
 *
 * @param body - The proof that the user has read the mail, `password`, and `username`, which may be empty.
 * @returns The result of `call` of `form.js`.
 */
export async function createAccount({ username, ...body }) {
  auth ??= createAuth({ url: '.', language })
  if (HAS_MAIL_SIGN_IN && isPasskeyChosen()) return registerWithPasskey(auth, body, username)
  if (HAS_MAIL_SIGN_IN && !body.password) delete body.password
  try {
    const created = await auth.signIn({ ...body, ...(username && { username }) }, 'register/confirm')
    return { status: 200, body: created }
  } catch (error) {
    return failureOf(error)
  }
}

/**
 * Shows that an account was created, and the next step: the account, or `/signin`, which sets up a required
 * second factor.
 *
 * @param created - Result of the registration. An enrolment token is only in memory until the user presses
 *   the button.
 */
export function showCreated({ enrolmentToken }, name) {
  const isEnrolling = enrolmentToken !== undefined
  element('done-text').textContent = isEnrolling
    ? say('Before you can use it, set up a second factor.')
    : say('You are signed in as {username}.', { username: name })
  element('done-account').hidden = isEnrolling
  leadBack(element('done-account').querySelector('a'))
  element('done-enrolment').hidden = !isEnrolling
  element('done-enrolment').onclick = () => {
    // A link could open in another tab, and then the token would stay in the storage of this tab.
    try {
      sessionStorage.setItem(ENROLMENT_KEY, enrolmentToken)
    } finally {
      location.assign(signinUrl())
    }
  }
}
