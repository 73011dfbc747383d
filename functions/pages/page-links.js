// The links in the HTML of all pages: those to other pages, and those to the other languages.

import { isPage, pageUrl } from './page-url.js'

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
  if (!HAS_LANGUAGES) return
  for (const link of document.querySelectorAll('a[href]')) {
    // A link may already have a query.
    const url = link.getAttribute('href')
    if (isPage(url.split('?')[0])) link.href = pageUrl(url)
  }
  linkLanguages()
  addEventListener('hashchange', linkLanguages)
}

/** Removes the links to the other languages. The page now has in memory what loading it again would lose. */
export const removeLanguages = () => HAS_LANGUAGES && document.querySelector('.languages')?.remove()
