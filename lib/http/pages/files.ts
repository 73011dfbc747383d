import { hash } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { LANGUAGES } from '../../application/languages.ts'
import { currentLanguage, currentWords, type Words } from '../../application/texts.ts'
import { textResponse } from './text-response.ts'

const HASH_CHARACTERS = 16

type HashedNames = [file: string, hashed: string][]

/** The files of pages in one language. */
export interface HashedFiles {
  hashedNames: HashedNames
  servedFiles: Map<string, APIGatewayProxyResult>
}

/**
 * Names each file by a hash of its content, and replaces in it the names of files above it. A file that may differ
 * from that of the first language also has its language in its name.
 */
export function hashFiles(files: Readonly<Record<string, string>>): HashedFiles {
  const hashedNames: HashedNames = []
  const servedFiles: HashedFiles['servedFiles'] = new Map()
  for (const [file, source] of Object.entries(files)) {
    const text = withHashes(withWords(source), '.', hashedNames)
    const digest = hash('sha256', text).slice(0, HASH_CHARACTERS)
    const [stem = '', extension = ''] = file.split(/\.(?=[^.]*$)/)
    const hashed = `${stem}${markOf(source, text)}-${digest}.${extension}`
    hashedNames.push([file, hashed])
    servedFiles.set(hashed, textResponse(extension, 'public, max-age=31536000, immutable', text))
  }
  return { hashedNames, servedFiles }
}

/**
 * Returns the mark of the current language for a file that may differ from that of the first one: it has sentences, or imports a file with
 * sentences. English has no words in front of them, and also differs from a first language that has some.
 */
function markOf(source: string, text: string): string {
  const mark = `.${currentLanguage()}`
  const mayDiffer = source.includes('ownWords') || text.includes(`${mark}-`)
  return mayDiffer && currentLanguage() !== LANGUAGES[0] ? mark : ''
}

/** Returns the language in the name of a file, or the first one. */
export function languageOfFile(file: string): string {
  const [, tag] = /\.([\w-]+)-[0-9a-f]{16}\.\w+$/.exec(file) ?? []
  return LANGUAGES.find((language) => language === tag) ?? LANGUAGES[0]
}

/** Replaces the names of files by those with hashes. */
export const withHashes = (text: string, folder: string, hashedNames: HashedNames): string =>
  hashedNames.reduce(
    (linked, [name, hashed]) => linked.replaceAll(`"${folder}/${name}"`, `"${folder}/${hashed}"`),
    text,
  )

const WORDS_IN_FRONT = 'globalThis.ownWords='

/**
 * Puts the words of the sentences in a script in front of it, where `functions/pages/words.js` finds them. A script that shows problems
 * gets those of all details too, for `functions/pages/details.js`: a detail is in no script.
 */
function withWords(script: string): string {
  if (!script.includes('ownWords')) return script
  const details = script.includes('ownDetails') ? detailsIn(currentWords()) : ''
  // Plural forms have the sentence in front of `#`.
  const isIn = (key: string) => script.includes(key.replace(/#[a-z]+$/, ''))
  const words = Object.entries(currentWords()).filter(([key, own]) => isIn(key) && own !== key)
  if (words.length === 0 && details === '') return script
  return `${WORDS_IN_FRONT}${JSON.stringify(Object.fromEntries(words))};${details}${script}`
}

/** Returns the script with the words of details. Their keys have a mark: see `plugins/config/sentences/functions.ts`. */
function detailsIn(words: Words): string {
  const details = Object.entries(words).flatMap(([key, own]) => (key[0] === '!' ? [[key.slice(1), own]] : []))
  return details.length > 0 ? `globalThis.ownDetails=${JSON.stringify(Object.fromEntries(details))};` : ''
}
