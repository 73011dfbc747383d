import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuthConfig } from '../../project/define-auth.ts'
import { CONFIGURATION } from '../../project/project.ts'
import { faultsOfTexts } from './texts.ts'

/** Words of sentences by English sentence. */
export type Words = Readonly<Record<string, string>>

/** Returns the path of the words of a language that come with the service, whether or not it has them. */
export const shippedPathOf = (language: string): string =>
  new URL(`../languages/${language}.json`, import.meta.url).pathname

/** Returns the words of a language that come with the service. English is the sentences themselves. */
export const shippedWords = (language: string): Words =>
  existsSync(shippedPathOf(language)) ? JSON.parse(readFileSync(shippedPathOf(language), 'utf8')) : {}

/** Reads the words of all languages of an application. Own words come over those that come with the service, sentence by sentence. */
export function readWords(
  { languages = ['en'], texts = {} }: Pick<AuthConfig, 'languages' | 'texts'>,
  project: string,
): { words: Readonly<Record<string, Words>>; faults: string[] } {
  const paths = typeof texts === 'string' ? { [languages[0]]: texts } : texts
  const own = Object.entries(paths).map(([language, path]) => ({ language, ...readOwn(project, path) }))
  const faults = [
    ...Object.keys(paths)
      .filter((one) => !languages.includes(one))
      .map((one) => `${CONFIGURATION}: texts.${one} is not in languages.`),
    ...own.flatMap((one) => one.faults),
  ]
  const words = languages.map((language): [string, Words] => [
    language,
    { ...shippedWords(language), ...own.find((one) => one.language === language)?.words },
  ])
  return { words: Object.fromEntries(words.filter(([, ofOne]) => Object.keys(ofOne).length > 0)), faults }
}

function readOwn(project: string, path: string): { words: Words; faults: string[] } {
  const file = join(project, path)
  const wrong = (...faults: string[]) => ({ words: {}, faults })
  if (!existsSync(file)) return wrong(`${CONFIGURATION}: texts ${path} does not exist.`)
  try {
    // An editor may write a byte order mark before the text, which readers of JSON may ignore (RFC 8259 section 8.1).
    const words = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
    return { words, faults: faultsOfTexts(words).map((fault) => `${path}: ${fault}`) }
  } catch (error) {
    return wrong(`${path}: It must be JSON: ${(error as Error).message}.`)
  }
}
