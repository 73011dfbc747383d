/** Texts by language, as BCP 47 tags: of a name or a sentence that operators wrote in several languages. */
export type ByLanguage = Readonly<Record<string, string>>

/** Reads texts by language that are stored as lines: the tag, a space and the text. */
export const byLanguage = (lines: readonly string[]): ByLanguage =>
  Object.fromEntries(
    lines.toSorted().map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )

/** Returns the lines that are stored of texts by language. */
export const languageLines = (texts: ByLanguage): string[] =>
  Object.entries(texts).map(([language, text]) => `${language} ${text}`)
