import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { didYouMean } from '../../project/did-you-mean.ts'
import { pathOfFile } from './path.ts'

const TEXTS_PATH = pathOfFile('json', 'a JSON file')

/** The rule for the paths of own words. */
export const TEXTS_PATHS = z.union(
  [TEXTS_PATH, z.record(z.string(), TEXTS_PATH)],
  'must be a path of a JSON file in the project, or such paths by language',
)

/** All sentences of mails and pages. `test/infrastructure/sentences.test.ts` writes them from the code. */
const SENTENCES: readonly string[] = readFileSync(new URL('./sentences.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')

/** As they are sent, each at most one line of a mail. */
const MAX_CHARACTERS = 1_000

const placeholdersOf = (text: string): string[] => (text.match(/\{[\w-]+\}/g) ?? []).toSorted()
const partsOf = (text: string): number => text.match(/\[[^[\]]+\]/g)?.length ?? 0

/** Returns what is wrong with own words, one line for each. */
export function faultsOfTexts(texts: unknown): string[] {
  if (typeof texts !== 'object' || texts === null || Array.isArray(texts))
    return ['It must be an object of own words by English sentence.']
  return Object.entries(texts).flatMap(([sentence, words]) => faultsOfWords(sentence, words))
}

function faultsOfWords(sentence: string, words: unknown): string[] {
  const name = JSON.stringify(sentence)
  if (!SENTENCES.includes(sentence)) {
    const known = SENTENCES.map((one) => JSON.stringify(one))
    return [`${name} is unknown.${didYouMean(sentence, known)}`]
  }
  if (typeof words !== 'string' || words.trim() === '') return [`${name} must have text.`]
  if (words.length > MAX_CHARACTERS) return [`${name} may have ${MAX_CHARACTERS} characters.`]
  // A line break in a subject would end the header.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(words)) return [`${name} must be one line of text.`]
  // They could show the text after them backwards, such as a link. Marks of a direction change no other text.
  if (/[\u202a-\u202e\u2066-\u2069]/u.test(words)) {
    return [`${name} must not have characters that change the direction of text.`]
  }
  const [expected, given] = [placeholdersOf(sentence), placeholdersOf(words)]
  const missing = expected.filter((one) => !given.includes(one))
  const unknown = given.filter((one) => !expected.includes(one))
  const repeated = given.filter((one, at) => given.indexOf(one) < at && expected.includes(one))
  const parts = partsOf(sentence)
  return [
    ...missing.map((one) => `${name} needs ${one}.`),
    ...unknown.map(
      (one) => `${name} has ${one}, which the sentence does not have.${didYouMean(one, missing)}`,
    ),
    ...repeated.map((one) => `${name} has ${one} twice.`),
    ...(parts > 0 && partsOf(words) !== parts ? [`${name} needs ${parts} of [brackets].`] : []),
  ]
}
