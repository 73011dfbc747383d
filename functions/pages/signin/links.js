// Links from the pages for a new account or a new password to the page that required a sign-in.

import { appInTab } from '../authorize/tab.js'
import { nextPageUrl, pageUrl } from '../page-url.js'
import { say } from '../words.js'
import { nextUrl } from './next.js'

/** Adds `?next=` to the links of this page to other pages with a sign-in. */
export function keepNext(next) {
  if (!next) return
  for (const page of ['signin', 'register', 'forgot']) {
    for (const link of document.querySelectorAll(`a[href^="${page}"]`)) link.href = pageUrl(page, { next })
  }
}

/** Returns the unverified `?next=` of this page, or the app in the tab's storage, or nothing. */
const unverifiedNext = () => new URL(location.href).searchParams.get('next') ?? appInTab()?.next

/** Keeps `?next=` on a page that does not sign in. */
export const keepOwnNext = () => keepNext(unverifiedNext())

/** Returns the URL of the sign-in page, with `?next=`. */
export const signinUrl = () => pageUrl('signin', { next: unverifiedNext() })

/** Whether a page that required a sign-in led here. */
export const isOnTheWay = () => Boolean(unverifiedNext())

/**
 * Makes a link lead back to the page of this service that required a sign-in. @returns Whether there is one.
 */
export function leadBack(link) {
  const next = nextUrl(location.href, []) ?? appInTab()?.next
  if (!next) return false
  link.href = nextPageUrl(next)
  link.textContent = say('Return to the app')
  return true
}
