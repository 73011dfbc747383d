// The links in the HTML of all pages: those to other pages, and those to the other languages.

import { pageUrl } from './page-url.js'

const TO_PAGES = /^(signin|register|forgot|account|admin-console)$/

/** Returns the links of this page to some pages. The URL of a link may already have a query. */
export const linksTo = (pages) =>
  [...document.querySelectorAll('a[href]')].filter((link) =>
    pages.test(link.getAttribute('href').split('?')[0]),
  )

/** Leads to this page in the other languages, with what its URL has in addition. */
function linkLanguages() {
  for (const link of document.querySelectorAll('.languages>a')) {
    const url = new URL(location.href)
    url.searchParams.set('lang', link.lang)
    link.href = url
  }
}

/** Keeps the language of this page in its links. With federation, a page calls it twice. The second time changes nothing. */
export function keepLanguage() {
  for (const link of linksTo(TO_PAGES)) link.href = pageUrl(link.getAttribute('href'))
  linkLanguages()
  addEventListener('hashchange', linkLanguages)
}
