import { z } from 'zod'
import { didYouMean } from '../../project/did-you-mean.ts'
import { isObject } from '../../project/merge.ts'
import { repeatedMember } from '../../project/repeated-member.ts'
import { pathOfFile } from './path.ts'
import { categoriesOf, isPlural, keysOf, readKey, SENTENCES } from './sentences/list.ts'

const TEXTS_PATH = pathOfFile('json', 'a JSON file')

/** The rule for the paths of own words. */
export const TEXTS_PATHS = z.union(
  [TEXTS_PATH, z.record(z.string(), TEXTS_PATH)],
  'must be a path of a JSON file in the project, or such paths by language',
)

/** Members of a file of words that are no sentences: whether English may stand for missing words, and the words of former sentences. */
export const DRAFT = 'draft'
export const FORMER = '//'

/** As they are sent, each at most one line of a mail. */
const MAX_CHARACTERS = 1_000

/** Words by sentence, with sentences that have no words yet. */
type Sentences = Readonly<Record<string, unknown>>

/** Whether there are no words. A translator writes them later. */
export const isEmpty = (words: unknown): boolean => typeof words === 'string' && words.trim() === ''

/**
 * Reads the text of a file of words.
 *
 * @throws {@link Error} if it is no JSON object, or has a sentence twice, of which the first would be lost.
 */
export function parseTexts(text: string): Record<string, unknown> {
  // An editor may write a byte order mark before the text, which readers of JSON may ignore (RFC 8259 section 8.1).
  const json = text.replace(/^\uFEFF/, '')
  const texts = parse(json)
  if (!isObject(texts)) throw new Error('It must be an object of words by English sentence.')
  const repeated = repeatedMember(json)
  if (repeated !== undefined) throw new Error(`${JSON.stringify(repeated)} is there twice.`)
  return texts
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new Error(`It must be JSON: ${(error as Error).message}.`)
  }
}

/** Takes a file of words apart. */
export function readTexts(texts: Readonly<Record<string, unknown>>) {
  const { [DRAFT]: draft = false, [FORMER]: former = {}, ...sentences } = texts
  return { draft, former, sentences }
}

/** Returns what is wrong with a file of words of a language, one line for each. Sentences without words are {@link emptyIn}. */
export function faultsOfTexts(texts: Readonly<Record<string, unknown>>, language: string): string[] {
  const { draft, former, sentences } = readTexts(texts)
  return [
    ...(typeof draft === 'boolean' ? [] : [`"${DRAFT}" must be true or false.`]),
    ...(isObject(former) ? [] : [`"${FORMER}" must be an object.`]),
    ...Object.entries(sentences).flatMap(([key, words]) => faultsOfEntry(key, words, language)),
    ...faultsOfForms(sentences, language),
  ]
}

/** Returns the sentences of a file without words. */
export const emptyIn = (sentences: Sentences): string[] =>
  Object.keys(sentences).filter((key) => isEmpty(sentences[key]))

/** A sentence has no plural form in a file, or all that its language has: those of English do not suit them. */
function faultsOfForms(sentences: Sentences, language: string): string[] {
  const plurals = Object.keys(sentences)
    .map(readKey)
    .filter(({ sentence, category }) => category !== undefined && isPlural(sentence))
  return [...new Set(plurals.map(({ sentence }) => sentence))].flatMap((sentence) => {
    const missing = categoriesOf(language).filter((one) => !Object.hasOwn(sentences, `${sentence}#${one}`))
    const forms = missing.length > 1 ? 'its plural forms' : 'its plural form'
    return missing.length > 0 ? [`${JSON.stringify(sentence)} needs ${forms} ${shown(missing)}.`] : []
  })
}

const shown = (categories: readonly string[]): string => categories.map((one) => `#${one}`).join(', ')

function faultsOfEntry(key: string, words: unknown, language: string): string[] {
  const name = JSON.stringify(key)
  const { sentence, category } = readKey(key)
  if (!(category === undefined ? SENTENCES.includes(key) : isPlural(sentence))) {
    if (isPlural(key)) return [`${name} needs its plural forms ${shown(categoriesOf(language))}.`]
    if (SENTENCES.includes(sentence)) return [`${name} is no sentence with plural forms.`]
    const known = keysOf(language).map((one) => JSON.stringify(one))
    return [`${name} is unknown.${didYouMean(key, known)}`]
  }
  const categories = categoriesOf(language)
  if (category !== undefined && !categories.includes(category)) {
    return [`${name} is no plural form of ${language}, which has ${shown(categories)}.`]
  }
  if (isEmpty(words)) return []
  if (typeof words !== 'string') return [`${name} must have text.`]
  // A line break in a subject would end the header.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(words)) return [`${name} must be one line of text.`]
  if (words.length > MAX_CHARACTERS) return [`${name} may have ${MAX_CHARACTERS} characters.`]
  // They could show the text after them backwards, such as a link. Marks of a direction change no other text.
  if (/[\u202a-\u202e\u2066-\u2069]/u.test(words)) {
    return [`${name} must not have characters that change the direction of text.`]
  }
  return faultsOfPlaces(name, sentence, words, category)
}

const placeholdersOf = (text: string): string[] => (text.match(/\{[\w-]+\}/g) ?? []).toSorted()
const partsOf = (text: string): number => text.match(/\[[^[\]]+\]/g)?.length ?? 0

/** Returns what is wrong with placeholders and brackets. */
function faultsOfPlaces(name: string, sentence: string, words: string, category?: string): string[] {
  const [expected, given] = [placeholdersOf(sentence), placeholdersOf(words)]
  // Words for one or two need no number.
  const isNeeded = (one: string) => one !== '{count}' || category === undefined || category === 'other'
  const missing = expected.filter((one) => !given.includes(one))
  const unknown = given.filter((one) => !expected.includes(one))
  const repeated = given.filter((one, at) => given.indexOf(one) < at && expected.includes(one))
  const parts = partsOf(sentence)
  return [
    ...missing.filter(isNeeded).map((one) => `${name} needs ${one}.`),
    ...unknown.map(
      (one) => `${name} has ${one}, which the sentence does not have.${didYouMean(one, missing)}`,
    ),
    ...repeated.map((one) => `${name} has ${one} twice.`),
    ...(parts > 0 && partsOf(words) !== parts ? [`${name} needs ${parts} of [brackets].`] : []),
  ]
}
