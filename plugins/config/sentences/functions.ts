import { existsSync, readFileSync } from 'node:fs'
import type { Words } from './list.ts'

// `test/infrastructure/sentences.test.ts` writes the lists of sentences from the code.

const linesOf = (path: string): string[] => {
  const file = new URL(path, import.meta.url)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** Returns the sentences that a function shows, by the key of the function. */
const sentencesOf = (key: string): ReadonlySet<string> => new Set(linesOf(`${key}.txt`))

/** Returns the words of the sentences that a function shows, by language. Plural forms have the key of their sentence. */
export function wordsOfFunction(words: Readonly<Record<string, Words>>, key: string): Record<string, Words> {
  const shown = sentencesOf(key)
  const isShown = (name: string) => shown.has(name) || shown.has(name.replace(/#[a-z]+$/, '#other'))
  return Object.fromEntries(
    Object.entries(words).map(([language, ofOne]) => [
      language,
      Object.fromEntries(Object.entries(ofOne).filter(([name]) => isShown(name))),
    ]),
  )
}
