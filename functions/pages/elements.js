// The elements of all pages.

import { isEnglish } from './details.js'

export const element = (id) => document.getElementById(id)

export function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

/**
 * Shows a text in an element. Of several texts, each gets an element: no sentence becomes a part of another. An English one on a page
 * in another language has its own `lang`, so that screen readers say it as English.
 */
export function fill(where, texts) {
  const spans = [texts]
    .flat()
    .filter(Boolean)
    .map((text) => {
      const span = make('span', text)
      if (HAS_LANGUAGES && isEnglish(text)) span.lang = 'en'
      return span
    })
  where.replaceChildren(...spans.flatMap((span) => [' ', span]).slice(1))
}

/**
 * Returns the code in a field. Some users type it with spaces, or with digits that are full-width, Arabic or Persian. In mails from right
 * to left, isolates are around it, which a copy may have.
 */
export const codeIn = ({ value }) =>
  value.replaceAll(/[\s\u2068\u2069]/g, '').replaceAll(/[٠-٩۰-۹０-９]/g, (digit) => digit.charCodeAt(0) & 15)
