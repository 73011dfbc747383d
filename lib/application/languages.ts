import config from '../../auth.config.ts'
import type { Application } from '../../project/define-auth.ts'

/** Languages that the application names. */
export const { languages: NAMED_LANGUAGES }: Pick<Partial<Application>, 'languages'> = config as object

/** Languages of pages and mails. The first is for readers who want none of them. */
export const LANGUAGES = NAMED_LANGUAGES ?? (['en'] as const)

/** A longer header or parameter is cut: no reader wants 32 languages. */
const MAX_TAGS = 32
const MAX_HEADER_CHARACTERS = 1_024

/** A longer tag counts as unknown. `Intl.Locale` takes 9 ms for one of 10 KB. RFC 5646 section 4.4.1 asks for 35 characters. */
const MAX_TAG_CHARACTERS = 100

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    // `maximize` makes English of an undetermined language.
    return /^und\b/i.test(tag) ? undefined : new Intl.Locale(tag).maximize()
  } catch {
    return undefined
  }
}

// Commands load this before they refuse a configuration in which the languages are no list.
const KNOWN = /* @__PURE__ */ [LANGUAGES].flat().map((tag) => ({ tag, locale: localeOf(tag) }))

/** Returns the direction in which a language is written. */
export function directionOf(language: string): 'ltr' | 'rtl' {
  const locale = new Intl.Locale(language) as WithText
  return (locale.getTextInfo?.() ?? locale.textInfo).direction
}

/** ECMA-402, Intl Locale Info. Node.js 22, which may run a project, has the member. TypeScript knows neither. */
interface WithText extends Intl.Locale {
  getTextInfo?(): { direction: 'ltr' | 'rtl' }
  textInfo: { direction: 'ltr' | 'rtl' }
}

/**
 * Returns the language of the service for the first tag that has one: the same language and script, and the
 * same region if there is one. So `pt-PT` gets `pt-BR`, and `zh-TW` does not get `zh-Hans`.
 *
 * @param tags - BCP 47 tags, the most wanted first. They may be any text.
 */
export function languageFor(tags: readonly string[]): string | undefined {
  for (const tag of tags.slice(0, MAX_TAGS)) {
    const wanted = tag.length > MAX_TAG_CHARACTERS ? undefined : localeOf(tag)
    if (wanted === undefined) continue
    const alike = KNOWN.filter(
      ({ locale }) => locale?.language === wanted.language && locale?.script === wanted.script,
    )
    const found = alike.find(({ locale }) => locale?.region === wanted.region) ?? alike[0]
    if (found) return found.tag
  }
  return undefined
}

/** A language range with its weight (RFC 9110 sections 12.4.2 and 12.5.4). */
const RANGE =
  /^[ \t]*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/

/** Returns the tags of `Accept-Language`, the most wanted first. Invalid parts, `*` and tags of weight 0 are left out. */
export function tagsIn(header: string): string[] {
  // Without the last range of a cut header: it could have lost its weight.
  const end = Math.max(header.lastIndexOf(',', MAX_HEADER_CHARACTERS), 0)
  return (header.length > MAX_HEADER_CHARACTERS ? header.slice(0, end) : header)
    .split(',')
    .map((part) => RANGE.exec(part))
    .flatMap((match) => (match?.[1] ? [{ tag: match[1], weight: Number(match[2] ?? 1) }] : []))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
