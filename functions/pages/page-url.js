// The URLs of the pages of this service. They keep the language that the reader has chosen.

import { escapeNext } from './signin/next.js'

/** The pages that `?next=` may name, by their paths relative to the service. */
const PAGES = /^(signin|register|forgot|account|confirm|admin-console|oauth2\/authorize)$/

const partsOf = (query) => query.slice(1).split('&').filter(Boolean)
const queryOf = (parts) => (parts.length > 0 ? `?${parts.join('&')}` : '')
const hasLocales = (url) => /[?&]ui_locales=/.test(url)

/** Returns a query without the language that the reader has chosen. The rest is unchanged. */
export const withoutLanguage = (query) => queryOf(partsOf(query).filter((part) => !part.startsWith('lang=')))

/** Returns the language that a URL must name, or nothing. @param next - The URL in its `?next=`. */
function languageBesides(next = '') {
  const { search, searchParams } = new URL(location.href)
  const chosen = searchParams.getAll('lang').at(-1)
  if (chosen !== undefined) return chosen
  // Only this page was asked for the languages of the app. In `next`, the service finds them itself.
  const isOfApp = hasLocales(search) || hasLocales(searchParams.get('next') ?? '')
  return isOfApp && !hasLocales(next) ? document.documentElement.lang : undefined
}

/**
 * Returns the URL of a page of this service, in the language of this page. `test/infrastructure/page-urls.test.ts` refuses another way.
 *
 * @param url - Of the page, relative or absolute. It may have a query and a fragment.
 * @param options - `next` is the URL that the page leads to after a sign-in. `again` demands a new sign-in.
 */
export function pageUrl(url, { again = false, next } = {}) {
  const [, path, query = '', hash = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(url)
  const language = languageBesides(next)
  const parts = [
    ...partsOf(language ? withoutLanguage(query) : query),
    ...(again ? ['again'] : []),
    ...(language ? [`lang=${encodeURIComponent(language)}`] : []),
    ...(next ? [`next=${escapeNext(next)}`] : []),
  ]
  return path + queryOf(parts) + hash
}

/** Returns the URL in `?next=` with the language of this page, if it is of a page of this service. An app gets its URL unchanged. */
export function nextPageUrl(next) {
  const { origin, pathname } = new URL(next, location.href)
  const folder = new URL('.', location.href).pathname
  const isIn = origin === location.origin && pathname.startsWith(folder)
  return isIn && PAGES.test(pathname.slice(folder.length)) ? pageUrl(next) : next
}
