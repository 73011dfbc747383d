import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../../project/commands.ts'
import type { AuthConfig } from '../../project/define-auth.ts'
import { ROOT } from '../../project/origin.ts'
import { CONFIGURATION } from '../../project/project.ts'
import { isEnglish, keysOf, readKey, type Words } from './sentences/list.ts'
import { emptyIn, faultsOfTexts, isEmpty, parseTexts, readTexts } from './texts.ts'

/** Returns the path of the words of a language in the folder of the service, whether or not it has them. */
export const shippedPathOf = (language: string): string => `plugins/languages/${language}.json`

/** Returns the words of a language that come with the service. English is the sentences themselves. */
export function shippedWords(language: string, service = ROOT): Words {
  const file = join(service, shippedPathOf(language))
  return existsSync(file) ? writtenIn(readTexts(JSON.parse(readFileSync(file, 'utf8'))).sentences) : {}
}

/** Returns the paths of own words by language. A path alone is that of the first one. */
export const pathsOfTexts = ({
  languages = ['en'],
  texts = {},
}: Pick<AuthConfig, 'languages' | 'texts'>): Readonly<Record<string, string>> =>
  typeof texts === 'string' ? { [languages[0]]: texts } : texts

/** The words of a file, without sentences that have none yet. */
interface Own {
  words: Words
  /** Whether English may stand for words that are missing. */
  isDraft: boolean
  faults: readonly string[]
}

/** Reads the words of all languages of an application. Own words come over those that come with the service, sentence by sentence. */
export function readWords(
  config: Pick<AuthConfig, 'languages' | 'texts'>,
  project: string,
  service = ROOT,
): { words: Readonly<Record<string, Words>>; faults: string[] } {
  const { languages = ['en'] } = config
  const paths = pathsOfTexts(config)
  const read = languages.map((language) => {
    const path = paths[language]
    const own = path === undefined ? undefined : readOwn(project, path, language)
    const words: Words = { ...shippedWords(language, service), ...own?.words }
    const isExempt = own?.isDraft || (own?.faults ?? []).length > 0
    const missing = isExempt ? [] : faultsOfMissing(language, words, path)
    return { language, words, faults: [...(own?.faults ?? []), ...missing] }
  })
  const faults = [
    ...Object.keys(paths)
      .filter((one) => !languages.includes(one))
      .map((one) => `${CONFIGURATION}: texts.${one} is not in languages.`),
    ...read.flatMap((one) => one.faults),
  ]
  const having = read.filter(({ words }) => Object.keys(words).length > 0)
  return { words: Object.fromEntries(having.map(({ language, words }) => [language, words])), faults }
}

function readOwn(project: string, path: string, language: string): Own {
  const file = join(project, path)
  const wrong = (...faults: string[]): Own => ({ words: {}, isDraft: false, faults })
  if (!existsSync(file)) return wrong(`${CONFIGURATION}: texts ${path} does not exist.`)
  let texts: Readonly<Record<string, unknown>>
  try {
    texts = parseTexts(readFileSync(file, 'utf8'))
  } catch (error) {
    return wrong(`${path}: ${(error as Error).message}`)
  }
  const faults = faultsOfTexts(texts, language).map((fault) => `${path}: ${fault}`)
  if (faults.length > 0) return wrong(...faults)
  const { draft, sentences } = readTexts(texts)
  const empty = draft ? [] : emptyIn(sentences)
  if (empty.length === 0) return { words: writtenIn(sentences), isDraft: draft === true, faults }
  return wrong(
    `${path}: ${empty.length === 1 ? '1 sentence has' : `${empty.length} sentences have`} no words: ${listOf(empty)}. Write them, or add "draft": true, which shows them in English.`,
  )
}

/** Returns the words of a file. A sentence without the words of one of its plural forms has none. */
function writtenIn(sentences: Readonly<Record<string, unknown>>): Words {
  const without = emptyIn(sentences).map((key) => readKey(key).sentence)
  const written = Object.entries(sentences).filter(
    ([key, words]) => !isEmpty(words) && !without.includes(readKey(key).sentence),
  )
  return Object.fromEntries(written) as Words
}

/** Returns a line for the sentences that a language has no words for. */
function faultsOfMissing(language: string, words: Words, path?: string): string[] {
  const missing = isEnglish(language) ? [] : keysOf(language).filter((key) => !Object.hasOwn(words, key))
  if (missing.length === 0) return []
  const where = path ?? `${CONFIGURATION}: languages ${language}`
  const count = missing.length === 1 ? '1 sentence is' : `${missing.length} sentences are`
  return [`${where}: ${count} missing: ${listOf(missing)}. Run: ${commandLine('texts', language)}`]
}

/** How many sentences a message names. */
const NAMED = 3

const listOf = (sentences: readonly string[]): string => {
  const named = sentences.slice(0, NAMED).map((one) => JSON.stringify(one))
  const others = sentences.length - named.length
  return named.join(', ') + (others > 0 ? ` and ${others} ${others === 1 ? 'other' : 'others'}` : '')
}
