// The URLs of the pages of this service. They keep the language that the reader has chosen.

import { escapeNext } from './signin/next.js'

/** Whether a path relative to the service is that of a page. */
export const isPage = (path) =>
  /^(signin|register|forgot|account|confirm|admin-console|oauth2\/authorize)$/.test(path)

/** Whether the reader chose the language of this page, or an app did, perhaps in `?next=`. */
const isChosen = () => /[?&]lang=[^&]|ui_locales(=|%3D)/i.test(location.search)

/** Returns a query without a language that the reader chose. The rest is unchanged. */
export function withoutLanguage(query) {
  if (!HAS_LANGUAGES) return query
  const rest = query
    .slice(1)
    .split('&')
    .filter((part) => part && !part.startsWith('lang='))
  return rest[0] ? `?${rest.join('&')}` : ''
}

/**
 * Returns the URL of a page of this service, in the language of this page. `test/infrastructure/page-urls.test.ts` refuses another way.
 *
 * @param url - Of the page, relative or absolute. It may have a query and a fragment.
 * @param options - `next` is the URL that the page leads to after a sign-in. `again` demands a new sign-in.
 */
export function pageUrl(url, { again, next } = {}) {
  const [, path, query, hash] = /^([^?#]*)([^#]*)(.*)/s.exec(url)
  const parts = [
    (HAS_LANGUAGES && isChosen() ? withoutLanguage(query) : query).slice(1),
    again && 'again',
    HAS_LANGUAGES && isChosen() && `lang=${document.documentElement.lang}`,
    next && `next=${escapeNext(next)}`,
  ].filter(Boolean)
  return path + (parts[0] ? `?${parts.join('&')}` : '') + hash
}

/** Returns the URL in `?next=` with the language of this page, if it is of a page of this service. An app gets its URL unchanged. */
export function nextPageUrl(next) {
  if (!HAS_LANGUAGES) return next
  const { origin, pathname } = new URL(next, location.href)
  const folder = new URL('.', location.href)
  const path = (origin + pathname).split(folder.href)
  return path[0] === '' && isPage(path[1]) ? pageUrl(next) : next
}
