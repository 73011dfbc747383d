// The details of problems in the language of the page. The service sends them in English.

import { isolated, language, ownWords } from './words.js'

/** Words of details by English sentence. The service writes them in front of a script that shows problems. */
const ownDetails = (HAS_LANGUAGES && globalThis.ownDetails) || {}

/** Details without words. The page shows them in English. */
const english = new Set()

/** Whether the page is in another language than a text. */
export const isEnglish = (text) => english.has(text)

/**
 * Returns a detail in the words of the page, or unchanged. Several problems have the same code, so the key of words is the sentence.
 *
 * A sentence with values has placeholders, and this finds the values in the detail. Otherwise each function of the API would have to
 * send the sentence too, and clients have no use for it.
 *
 * @param values - The values of the problem. A list is written by the rules of the language.
 */
function sayDetail(detail, values = {}) {
  for (const [sentence, words] of Object.entries(ownDetails)) {
    const pattern = sentence.replaceAll(/[^\w\s{}]/g, '\\$&').replaceAll(/\{(\w+)\}/g, '(?<$1>.+)')
    const found = new RegExp(`^${pattern}$`).exec(detail)
    const withValue = (_, name) =>
      isolated(Array.isArray(values[name]) ? oneOf(values[name]) : found.groups[name])
    if (found) return words.replaceAll(/\{(\w+)\}/g, withValue)
  }
  // Some problems are made by the page, and have a detail in its words.
  if (!/^en\b/.test(language) && !Object.values(ownWords).includes(detail)) english.add(detail)
  return detail
}

const oneOf = (names) => new Intl.ListFormat(language, { type: 'disjunction' }).format(names)

/** Returns a problem of the service with its details in the words of the page. */
export function sayProblem(problem) {
  if (!HAS_LANGUAGES) return problem
  const { detail, errors } = problem
  return {
    ...problem,
    ...(detail && { detail: sayDetail(detail) }),
    ...(errors && {
      errors: errors.map((error) => ({ ...error, detail: sayDetail(error.detail, error.values) })),
    }),
  }
}
