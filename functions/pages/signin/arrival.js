// The user who counts as signed in on the sign-in page, and the next page.

import { createAuth } from '../../../client/session.js'
import { appInTab } from '../authorize/tab.js'
import { element, metaOf } from '../form.js'
import { nextPageUrl } from '../page-url.js'
import { language, say } from '../words.js'
import { keepNext } from './links.js'
import { nextUrl } from './next.js'

export const auth = createAuth({ url: '.', language })

const { searchParams } = new URL(location.href)

/** URL after the sign-in: that of the query, or that of the template. Without a URL, the page stays. */
export const next = nextUrl(location.href, metaOf('allowed-origins').split(' ')) ?? metaOf('default-next')

/** Opens that URL. */
export const leadOn = () => location.replace(nextPageUrl(next))

/**
 * Whether only a sign-in on this page leads on, and not an existing one or one of another tab. It is so if an
 * app has requested a new sign-in, or the user another account.
 */
export let isAgain = Boolean(next) && searchParams.has('again')

/** Returns the user whom the page shows. Null means signed out, and undefined means not known yet. */
export const shownUser = () => auth.user && (isAgain ? null : auth.user)

/**
 * Calls a listener after the sign-in that the page has waited for. If the same user signs in again, the
 * client does not call its listeners.
 */
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

/**
 * Shows the app of the sign-in, which `/oauth2/authorize` has stored in this tab. The URL of this page could
 * name any app.
 */
export function showApp() {
  keepNext(searchParams.get('next'))
  const app = appInTab()
  if (!app || app.next !== next) return
  for (const id of ['loading-title', 'sign-in-title']) {
    element(id).textContent = say('Sign in to continue to {app}', { app: app.name })
  }
  element('username').value = new URL(next).searchParams.get('login_hint') ?? ''
}
