import { readFileSync } from 'node:fs'

/** Words of sentences by English sentence. A plural form has its category after the sentence, such as `{count} users#few`. */
export type Words = Readonly<Record<string, string>>

/** The sentences of mails and pages. `test/infrastructure/sentences.test.ts` writes them from the code. One with plural forms ends in `#other`. */
export const SENTENCES: readonly string[] = readFileSync(new URL('../sentences.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')

/** The categories of plural forms in all languages (CLDR). */
const CATEGORIES = ['zero', 'one', 'two', 'few', 'many', 'other']

/** Returns the categories of plural forms that a language has, in the order of CLDR. */
export function categoriesOf(language: string): string[] {
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions()
  return CATEGORIES.filter((category) => pluralCategories.some((one) => one === category))
}

/** Takes a key of words apart: its sentence, and the category if it is a plural form. */
export function readKey(key: string): { sentence: string; category?: string } {
  const [, sentence, category] = /^(.*)#([a-z]+)$/s.exec(key) ?? []
  return sentence !== undefined && category !== undefined ? { sentence, category } : { sentence: key }
}

/** Whether a sentence has plural forms. */
export const isPlural = (sentence: string): boolean => SENTENCES.includes(`${sentence}#other`)

/** Whether English has the words of a language: they are the sentences. */
export const isEnglish = (language: string): boolean => new Intl.Locale(language).language === 'en'

/** Returns the keys that words of a language have: the sentences, and each plural form of the language. */
export const keysOf = (language: string): string[] =>
  SENTENCES.flatMap((line) => {
    const { sentence, category } = readKey(line)
    return category === undefined ? [line] : categoriesOf(language).map((one) => `${sentence}#${one}`)
  })
