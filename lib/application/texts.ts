import config from '../../auth.config.ts'
import type { Application } from '../../project/define-auth.ts'
import { directionOf, LANGUAGES } from './languages.ts'

/** Words of sentences in one language, by English sentence. */
export type Words = Readonly<Record<string, string>>

/** Words by language. A bundle has those of the sentences that its function shows. */
const { words: WORDS = {} }: Pick<Partial<Application>, 'words'> = config as object

const textsOf = (language: string) => ({
  language,
  words: WORDS[language] ?? {},
  isRightToLeft: directionOf(language) === 'rtl',
})

let current = textsOf(LANGUAGES[0])

/**
 * Calls a function whose sentences are in a language.
 *
 * @param render - It must not return a promise: another request could change the language before it ends.
 */
export function inLanguage<T>(language: string, render: () => T extends PromiseLike<unknown> ? never : T): T {
  const before = current
  current = textsOf(language)
  try {
    return render()
  } finally {
    current = before
  }
}

/** Returns the language of the sentences, for `Intl` and the attribute `lang`. */
export const currentLanguage = (): string => current.language

/** Returns the words of the current language. A sentence without words stays English. */
export const currentWords = (): Words => current.words

/** Names of the placeholders of a sentence. */
type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never

/**
 * Returns a sentence for users: in the words of the current language, or unchanged.
 *
 * `plugins/config/sentences.txt` lists all sentences. Sentences are whole, so that the words can have another
 * order.
 *
 * @param values - Values for `{name}` in the sentence. They are text. The caller escapes the whole sentence
 *   for its output.
 */
export function say<const S extends string>(sentence: [Names<S>] extends [never] ? S : never): string
export function say<const S extends string, V extends object>(
  sentence: S,
  values: V & ([Names<S>] extends [keyof V] ? unknown : never),
): string
export function say(sentence: string, values: Readonly<Record<string, unknown>> = {}): string {
  return (current.words[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) => {
    const value = values[name]
    return value && current.isRightToLeft ? isolated(String(value)) : String(value ?? tag)
  })
}

/**
 * Returns a value for a text from right to left. Without the isolate (Unicode Standard Annex 9 section 2.4.2), the signs at the ends of
 * `C++` or `[ada]` would be at the wrong side. A URL has none: readers copy it.
 */
const isolated = (value: string): string => (/^https?:/.test(value) ? value : `\u2068${value}\u2069`)
