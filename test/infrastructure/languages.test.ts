import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keysOf, readKey } from '../../plugins/config/sentences/list.ts'
import { emptyIn, faultsOfTexts } from '../../plugins/config/texts.ts'
import { root } from '../support/process/service-description.ts'
import same from './languages-same.json' with { type: 'json' }

// The languages that come with the service. Their words pass the checks of own words, and more.

const LANGUAGES = ['de', 'es', 'fr', 'ja', 'pt-BR', 'zh-Hans'] as const

/** Their letters are as wide as those of English. */
const LATIN: readonly string[] = ['de', 'es', 'fr', 'pt-BR']

const textOf = (language: string) => readFileSync(`${root}/plugins/languages/${language}.json`, 'utf8')

test('the service comes with these languages', () => {
  expect(readdirSync(`${root}/plugins/languages`).sort()).toEqual(LANGUAGES.map((one) => `${one}.json`))
  expect(Object.keys(same).sort()).toEqual([...LANGUAGES])
})

describe.each(LANGUAGES)('the words of %s', (language) => {
  const words: Record<string, string> = JSON.parse(textOf(language))
  const entries = Object.entries(words)
  const failing = (isWrong: (words: string, sentence: string) => boolean) =>
    entries
      .filter(([key, text]) => isWrong(text, readKey(key).sentence))
      .map(([key, text]) => `${key}: ${text}`)

  test('are those of all sentences; `npm run texts -- LANGUAGE --shipped` adds what is missing', () => {
    const keys = keysOf(language)
    console.log(`${entries.length} sentences in ${language}`)
    expect({
      missing: keys.filter((key) => !Object.hasOwn(words, key)),
      former: Object.keys(words).filter((key) => !keys.includes(key)),
      empty: emptyIn(words),
    }).toEqual({ missing: [], former: [], empty: [] })
    expect(textOf(language)).toBe(
      `${JSON.stringify(Object.fromEntries(keys.map((key) => [key, words[key]])), null, 2)}\n`,
    )
  })

  test('have the placeholders, brackets and plural forms of their sentences', () => {
    expect(faultsOfTexts(words, language)).toEqual([])
  })

  test('have no markup and no invisible characters', () => {
    expect(
      failing((text) => /[<>]|&\w+;|[\p{Cc}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u.test(text)),
    ).toEqual([])
    expect(failing((text) => /^\s|\s$|\s\s/.test(text))).toEqual([])
  })

  test('are those of English only where languages-same.json lists them', () => {
    expect(entries.filter(([key, text]) => readKey(key).sentence === text).map(([key]) => key)).toEqual(
      same[language],
    )
  })

  if (!LATIN.includes(language)) return
  test('are short in buttons and headings', () => {
    const isShort = (sentence: string) => sentence.split(' ').length <= 3
    // A word such as "Off" is more than twice as long in other languages (https://www.w3.org/International/articles/article-text-size).
    const longest = (sentence: string) => Math.max(12, sentence.length * 1.6 + 6)
    expect(failing((text, sentence) => isShort(sentence) && text.length > longest(sentence))).toEqual([])
  })
})
