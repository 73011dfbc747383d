import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { NOT_IN_COMMENTS, RARE_IN_COMMENTS } from './manner.ts'

const CODE = '{client,functions,lib,local,packages,plugins,project,scripts}/**/*.{ts,js,css}'
const NO_CODE = ['**/node_modules', '**/dist', '**/*.test.ts', '**/*.min.js']

/** A block, or lines that follow each other. */
const COMMENT = /\/\*.*?\*\/|(?:(?<=^|\s)\/\/[^\n]*(?:\n[ \t]*(?=\/\/))?)+/gms

/** Returns the paragraphs of a comment, without marks and examples. A name in code counts as one word. */
const paragraphsOf = (comment: string): string[] =>
  comment
    .replace(/^\s*(?:\/\*+|\*\/|\*|\/\/) ?|\s*\*\/$/gm, '')
    .replace(/`[^`]*`|\{@link [^}]*\}/g, 'code')
    .split(/\n\s*\n|\n(?=\s*(?:@|- ))/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => !paragraph.startsWith('@example'))

const paragraphs = globSync(CODE, { cwd: root, exclude: NO_CODE }).flatMap((file) =>
  [...readFileSync(`${root}/${file}`, 'utf8').matchAll(COMMENT)]
    .flatMap(([comment]) => paragraphsOf(comment))
    .map((text) => ({ file, text })),
)

test('comments of the code have no words of the manner, and few with a plain meaning too', () => {
  expect(hitsOf(NOT_IN_COMMENTS), 'comments to write in other words: see CONTRIBUTING.md').toEqual([])
  const rare = hitsOf(RARE_IN_COMMENTS)
  const rate = (1_000 * rare.length) / paragraphs.flatMap(({ text }) => wordsOf(text)).length
  console.info(`Words of the manner in comments of the code: ${rate.toFixed(2)} per 1,000.`)
  expect(rate > 0.5 ? rare : [], 'over 0.5 per 1,000 words').toEqual([])
})

test('at most 5 % of the sentences in comments of the code have over 25 words', () => {
  const sentences = paragraphs.flatMap(({ file, text }) =>
    text.split(/(?<=[.!?]\)?) /).map((sentence) => ({ file, sentence })),
  )
  const long = sentences.filter(({ sentence }) => wordsOf(sentence).length > 25)
  console.info(`Sentences over 25 words in comments of the code: ${long.length} of ${sentences.length}.`)
  const shown = long.map(({ file, sentence }) => `${file}: ${sentence}`)
  expect(long.length > 0.05 * sentences.length ? shown : [], 'sentences to split').toEqual([])
})

const wordsOf = (text: string): string[] => text.match(/[\w’'-]*\w/g) ?? []

const hitsOf = (pattern: RegExp): string[] =>
  paragraphs.flatMap(({ file, text }) =>
    (text.match(pattern) ?? []).map((word) => `${file}: "${word}" in: ${text}`),
  )
