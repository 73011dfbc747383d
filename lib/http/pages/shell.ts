import { directionOf } from '../../application/languages.ts'
import { currentLanguage, currentWords } from '../../application/texts.ts'
import { ICON, LOGO_URL } from '../../application/theme.ts'
import { escapeHtml } from '../escape.ts'
import { legalLinks } from '../legal-links.ts'
import { inOwnWords } from '../own-words.ts'
import { languageLinks } from './language-links.ts'

/** Values that differ between the pages of one shell. */
interface Page {
  /** Text, in the words that users see. */
  title: string
  /** Class of the body: how wide its text is. */
  width: 'narrow' | 'medium'
  /** Paths of its files. */
  style: string
  script: string
  /** HTML of additional elements of its head. */
  head?: string
  /** HTML of the link in its masthead. */
  link: string
  body: string
  /** Whether it has links to the other languages. They load the page again, so it must lose nothing that it has in memory only. */
  hasLanguageLinks?: boolean
}

/** The mark in HTML that a text replaces. */
export const TAG = /\{\{(\w+)\}\}/g

/** Returns HTML in the words of the current language. */
function inWords(html: string): string {
  const words = currentWords()
  return Object.keys(words).length > 0 ? inOwnWords(html, (sentence) => words[sentence]) : html
}

/** Returns the first tag of a page. */
const htmlStart = (): string => `<html lang="${currentLanguage()}" dir="${directionOf(currentLanguage())}">`

/**
 * Returns the HTML of a page in the current language: a shell whose `{{name}}` are replaced by values of the
 * page or the theme. All values are HTML, except the title.
 */
export function inShell(shell: string, page: Page): string {
  const logo = LOGO_URL ? `<img src="${escapeHtml(LOGO_URL)}" height="32" alt="">` : ''
  const [link, body] = [inWords(page.link), inWords(page.body)]
  const parts: Record<string, unknown> = {
    head: '',
    logo,
    links: legalLinks(),
    languages: page.hasLanguageLinks ? languageLinks() : '',
    ...ICON,
    ...page,
    title: escapeHtml(page.title),
    link,
    body,
  }
  return inWords(shell)
    .replace('<html lang="en">', htmlStart)
    .replaceAll(TAG, (tag, name) => String(parts[name] ?? tag))
}
