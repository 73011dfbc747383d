// How the pages where a user gets an account or a new password lead on to the page that asked for a sign-in.

import { appInTab } from '../authorize/tab.js'
import { say } from '../words.js'
import { escapeNext, nextUrl } from './next.js'

/** Adds `?next=` to the links of this page to the others on which a user signs in. */
export function keepNext(next) {
  if (!next) return
  for (const link of document.querySelectorAll('a:is([href="signin"], [href="register"], [href="forgot"])')) {
    link.href += `?next=${escapeNext(next)}`
  }
}

/** Returns what `?next=` of this page has, unverified, or the app that the tab keeps; nothing without both. */
const unverifiedNext = () => new URL(location.href).searchParams.get('next') ?? appInTab()?.next

/** Keeps `?next=` on a page that does not sign in. */
export const keepOwnNext = () => keepNext(unverifiedNext())

/** Returns the URL of the sign-in page, which leads on. */
export function signinUrl() {
  const next = unverifiedNext()
  return next ? `signin?next=${escapeNext(next)}` : 'signin'
}

/** Makes a link lead back to the page of this service that asked for a sign-in. @returns Whether there is one. */
export function leadBack(link) {
  const next = nextUrl(location.href, []) ?? appInTab()?.next
  if (!next) return false
  link.href = next
  link.textContent = say('Return to the app')
  return true
}
