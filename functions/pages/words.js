// The sentences of the pages' scripts, which an application can replace.

/** Own words by sentence. The service writes them in front of a script that has such sentences. */
export const ownWords = HAS_LANGUAGES ? (globalThis.ownWords ?? {}) : {}

/** The language of the page, for everything that `Intl` writes on it. */
export const language = (HAS_LANGUAGES && globalThis.document?.documentElement.lang) || 'en'

const isRightToLeft = HAS_LANGUAGES && globalThis.document?.documentElement.dir === 'rtl'

/**
 * Returns a value for a sentence, like `isolated` of lib/application/texts.ts. `<bdi>` and `unicode-bidi` isolate only values that are
 * elements.
 */
export const isolated = (value) => (isRightToLeft && value ? `\u2068${value}\u2069` : value)

/** Returns a sentence for users, with values in place of `{name}`, like `say` of lib/application/texts.ts. */
export const say = (sentence, values = {}) =>
  (ownWords[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) => isolated(values[name]) ?? tag)

/**
 * Returns the plural form of a sentence for a count, which replaces `{count}`.
 *
 * The key of own words is the sentence of `other` and a category of `Intl.PluralRules`, such as `{count} users#few`. A language may have
 * up to six. The categories of English do not suit another language: in French, 0 has the form of 1.
 *
 * @param forms - The English sentences for 1 and for other counts.
 */
export function sayCount({ one, other }, count, locale = language) {
  const category = new Intl.PluralRules(locale).select(count)
  const words = ownWords[`${other}#${category}`] ?? (count === 1 ? one : other)
  return words.replaceAll('{count}', count.toLocaleString(locale))
}

/** Returns values as a list for a sentence, such as `A, B, C`. */
export const listed = (values, locale = language) =>
  new Intl.ListFormat(locale, { style: 'narrow' }).format(values)
