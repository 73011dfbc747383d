// The link of a mail that signs in, on the page /confirm. It works in the browser that asked for the mail.

import { createAuth } from '../../../client/session.js'
import { element, failureOf, notice } from '../form.js'
import { pageUrl } from '../page-url.js'
import { keepOwnNext, signinUrl } from '../signin/links.js'
import { language, say } from '../words.js'
import { findNext, keepStep, setTaken } from './asked.js'

/** The client. It sends its first request when it is created, and a page must send none when its link is opened. */
let auth

/** Adds the `?next=` of the page that asked for the mail. A link of a mail opens in another tab. */
export function adoptNext(link) {
  const next = link?.token && findNext(link.token)
  if (!next) return
  history.replaceState(null, '', pageUrl(location.pathname, { next }))
  keepOwnNext()
}

/** Sends a link. @returns The result of `call`: the user, or the next step. */
export async function signInByLink({ token }) {
  auth ??= createAuth({ url: '.', language })
  // The tab that asked for the mail learns of the sign-in at once. Only one of both leads on.
  setTaken(token, true)
  try {
    const step = await auth.signIn({ token }, 'login/mail/confirm')
    return { status: 200, body: { ...step, token } }
  } catch (error) {
    setTaken(token, false)
    return refusalOf(failureOf(error))
  }
}

/** In another browser, the user may still type the code where the sign-in began. */
function refusalOf(response) {
  if (response.body.error !== 'other_browser') return response
  const detail = say(
    'Open this link in the browser in which you asked for it, or type the code from the mail there.',
  )
  return { ...response, body: { ...response.body, detail } }
}

/** Leads to the page of the sign-in, which takes a further step, or leads on. The link may also have proved an address without an account. */
export function leaveAfter({ token, ...step }) {
  if (step.next === 'registration') {
    location.hash = `#registration=${token}`
    return
  }
  if (step.next && !keepStep(step)) {
    const text = say(
      'Your browser allows this page no storage, which the sign-in needs. Allow it, and try again.',
    )
    return notice(element('sign-in').querySelector('.notice'), text, 'error')
  }
  location.replace(signinUrl())
}
