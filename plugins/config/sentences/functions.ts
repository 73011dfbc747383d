import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Words } from './list.ts'

// `test/infrastructure/sentences.test.ts` writes the lists of sentences from the code.

const linesOf = (path: string): string[] => {
  const file = new URL(path, import.meta.url)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** Mark of a detail of a problem in a list, and in the words of a function. A file of words has the bare sentence. */
export const DETAIL = '!'

/**
 * Returns the sentences that a function shows, by the key of the function. Details have {@link DETAIL} in front: pages say them by
 * another name, because no script has their text.
 */
const sentencesOf = (key: string): ReadonlySet<string> => new Set(linesOf(`${key}.txt`))

/** Returns the details that any function shows. */
const allDetails = (): ReadonlySet<string> =>
  new Set(
    readdirSync(new URL('.', import.meta.url))
      .filter((file) => file.endsWith('.txt'))
      .flatMap((file) => linesOf(file))
      .filter((line) => line.startsWith(DETAIL)),
  )

/**
 * Returns the words of the sentences that a function shows, by language. Plural forms have the key of their sentence.
 *
 * @param key - Key of the function. Without a key: the words of all functions.
 */
export function wordsOfFunction(words: Readonly<Record<string, Words>>, key?: string): Record<string, Words> {
  const shown = key === undefined ? allDetails() : sentencesOf(key)
  const isShown = (name: string) =>
    key === undefined || shown.has(name) || shown.has(name.replace(/#[a-z]+$/, '#other'))
  const keysOf = (name: string) => [
    ...(isShown(name) ? [name] : []),
    ...(shown.has(DETAIL + name) ? [DETAIL + name] : []),
  ]
  const wordsIn = (ofOne: Words) =>
    Object.entries(ofOne).flatMap(([name, own]) => keysOf(name).map((one) => [one, own]))
  return Object.fromEntries(
    Object.entries(words).map(([language, ofOne]) => [language, Object.fromEntries(wordsIn(ofOne))]),
  )
}
