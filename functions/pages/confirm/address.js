// The link of a mail to a new address. Only the user who requested it can confirm the address, so the page
// requires a sign-in.

import { createAuth } from '../../../client/session.js'
import { busy, call, element, failureOf, notice } from '../form.js'
import { signalCaller } from '../mail/signals.js'
import { pageUrl } from '../page-url.js'
import { language, say } from '../words.js'

/** Key in the tab's storage for the link, while the user is on `/signin`. */
const LINK_KEY = 'address-link'

let auth

/** Returns the link in the tab's storage, as a fragment, and removes it. */
export function takeLink() {
  try {
    const fragment = sessionStorage.getItem(LINK_KEY)
    sessionStorage.removeItem(LINK_KEY)
    return fragment ?? ''
  } catch {
    // The browser allows this page no storage.
    return ''
  }
}

/** Shows the signed-in user, before the user confirms. */
export function showCaller() {
  if (auth) return
  auth = createAuth({ url: '.', language })
  auth.onChange((user) => {
    element('address-caller').textContent = user
      ? say('You are signed in as {username}.', user)
      : say('You are signed out. The next page asks you to sign in, as the user who asked for this address.')
    if (user === null) element('address-other').hidden = true
  })
}

/**
 * Confirms the address of a link. Without a user, leads to the sign-in page and back.
 *
 * @returns The result of `call`. The body has `isLeaving` if the page leads to the sign-in page.
 */
export async function confirmAddress({ token }) {
  const shown = auth.user
  try {
    if (!(await auth.getAccessToken())) return leave(token)
  } catch (error) {
    return failureOf(error)
  }
  const caller = auth.user
  // A page of another origin has signed in another user.
  if (shown && shown.id !== caller.id) {
    return {
      status: 409,
      body: { detail: say('You are signed in as {username} now. Nothing was sent.', caller) },
    }
  }
  const response = await call('email/confirm', { body: { token }, fetch: auth.fetch })
  if (response.status === 204) await auth.refresh().catch(() => {})
  if (HAS_MAIL_SIGN_IN && response.status === 204) await signalCaller(auth, caller)
  if (response.body.error !== 'other_user') return response
  offerOther(token)
  const detail = say('You are signed in as {username}. The link belongs to another user.', caller)
  return { ...response, body: { ...response.body, detail } }
}

/** Leads to the sign-in page and back, with the link in the storage of the tab. */
function leave(token) {
  try {
    sessionStorage.setItem(LINK_KEY, `#address=${token}`)
  } catch {
    return { status: 0, body: { detail: say('Sign in on another tab of this browser first.') } }
  }
  location.assign(pageUrl('signin', { next: 'confirm' }))
  return { status: 200, body: { isLeaving: true } }
}

/** Offers to sign in as another user, which ends the session of the present one. */
function offerOther(token) {
  const button = element('address-other')
  button.hidden = false
  button.onclick = () =>
    busy(button, async () => {
      try {
        await auth.signOut()
        leave(token)
      } catch (error) {
        notice(document.querySelector('#address .notice'), failureOf(error).body.detail, 'error')
      }
    })
}
