// The end of a registration, on /register and /confirm.

import { createAuth } from '../../../client/client.js'
import { ENROLMENT_KEY, element, failureOf } from '../form.js'
import { leadBack, signinUrl } from '../signin/links.js'
import { say } from '../words.js'

/** The client. It sends its first request when it is created, and opening a link sends none. */
let auth

/**
 * Creates an account, and signs in by the client: all tabs learn who is signed in, and none shows the user before.
 *
 * @param body - The proof that the user has read the mail, `password`, and `username`, which may be empty.
 * @returns What `call` of `form.js` returns.
 */
export async function createAccount({ username, ...body }) {
  auth ??= createAuth({ url: '.' })
  try {
    const created = await auth.signIn({ ...body, ...(username && { username }) }, 'register/confirm')
    return { status: 200, body: created }
  } catch (error) {
    return failureOf(error)
  }
}

/**
 * Shows that an account was created, and what is next: the account, or `/signin`, which sets up the second factor that it must have.
 *
 * @param created - What the registration returned. An enrolment token is in memory only, until the user presses the button.
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
    // A link could open in another tab, and would leave the token in the storage of this one.
    try {
      sessionStorage.setItem(ENROLMENT_KEY, enrolmentToken)
    } finally {
      location.assign(signinUrl())
    }
  }
}
