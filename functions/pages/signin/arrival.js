// Who counts as signed in on the sign-in page, and where the page leads then.

import { createAuth } from '../../../client/client.js'
import { appInTab } from '../authorize/tab.js'
import { element, metaOf } from '../form.js'
import { say } from '../words.js'
import { keepNext } from './links.js'
import { nextUrl } from './next.js'

export const auth = createAuth({ url: '.' })

const { searchParams } = new URL(location.href)

/** Where the page leads after the sign-in: to the page in the query, or else to that of the template. Without a URL it stays. */
export const next = nextUrl(location.href, metaOf('allowed-origins').split(' ')) ?? metaOf('default-next')

/**
 * Whether only a sign-in on this page leads on, and not one that is there already or that another tab does: an app has asked for another
 * sign-in, or the user for another account.
 */
let isAgain = Boolean(next) && searchParams.has('again')

/** Returns the user as far as the page shows one: null is signed out, and undefined is not known yet. */
export const shownUser = () => auth.user && (isAgain ? null : auth.user)

/** Calls a listener after the sign-in that the page has waited for. If the same user signs in again, the client calls none. */
export function onSignInAgain(listener) {
  const { signIn } = auth
  auth.signIn = async (...request) => {
    const outcome = await signIn(...request)
    if (isAgain && !outcome.next) {
      isAgain = false
      listener()
    }
    return outcome
  }
}

/** Names the app that the sign-in is for, as `/oauth2/authorize` has left it in this tab: the URL of this page could name any. */
export function showApp() {
  keepNext(searchParams.get('next'))
  const app = appInTab()
  if (!app || app.next !== next) return
  for (const id of ['loading-title', 'sign-in-title']) {
    element(id).textContent = say('Sign in to continue to {app}', { app: app.name })
  }
  element('username').value = new URL(next).searchParams.get('login_hint') ?? ''
}
