import config from '../../auth.config.ts'
import type { Application } from '../../project/define-auth.ts'
import { LANGUAGES } from './languages.ts'

/** Words of sentences in one language, by English sentence. */
export type Words = Readonly<Record<string, string>>

/** Words by language. A bundle has those of the sentences that its function shows. */
const { words: WORDS = {} }: Pick<Partial<Application>, 'words'> = config as object

const wordsOf = (language: string): Words => WORDS[language] ?? {}

let current = { language: LANGUAGES[0], words: wordsOf(LANGUAGES[0]) }

/**
 * Calls a function whose sentences are in a language.
 *
 * @param render - It must not return a promise: another request could change the language before it ends.
 */
export function inLanguage<T>(language: string, render: () => T extends PromiseLike<unknown> ? never : T): T {
  const before = current
  current = { language, words: wordsOf(language) }
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
  return (current.words[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) =>
    String(values[name] ?? tag),
  )
}
