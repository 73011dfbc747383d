import { LANGUAGES } from '../../application/languages.ts'
import { currentLanguage } from '../../application/texts.ts'
import { escapeHtml } from '../escape.ts'

/** Returns the name of a language in itself, as at the beginning of a sentence. */
function nameOf(language: string): string {
  const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}

/** Returns the name of a language: an element that becomes a link to this page in it, or text for the current one. */
function entryOf(language: string): string {
  const name = escapeHtml(nameOf(language))
  return language === currentLanguage()
    ? `<span lang="${language}" aria-current="true">${name}</span>`
    : `<a lang="${language}" hreflang="${language}">${name}</a>`
}

/**
 * Returns links to the other languages, empty if there is one language only. Each name is in its own language, so that its readers find
 * it. `functions/pages/page-links.js` adds the URLs. With a URL from here, a click before the script runs would lose `?next=`.
 */
export const languageLinks = (): string =>
  LANGUAGES.length > 1 ? `<nav class="languages">${LANGUAGES.map(entryOf).join('')}</nav>` : ''

/** Returns the languages of the service as options of a `select`. Each name is in its own language. */
export const languageOptions = (): string =>
  LANGUAGES.map((one) => `<option value="${one}" lang="${one}">${escapeHtml(nameOf(one))}</option>`).join('')
