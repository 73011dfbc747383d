import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keysOf } from './sentences/list.ts'
import { readWords } from './words.ts'

let project: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'words-'))
  mkdirSync(join(project, 'texts'))
})
afterEach(() => rmSync(project, { recursive: true }))

/** Returns what is read with a file of own Dutch words, which the service does not have. */
function dutch(texts: object) {
  writeFileSync(join(project, 'texts/nl.json'), JSON.stringify(texts))
  return readWords({ languages: ['en', 'nl'], texts: { nl: 'texts/nl.json' } }, project)
}

/** A complete file. Each sentence stands for its words, and so has its placeholders and brackets. */
const ALL = Object.fromEntries(keysOf('nl').map((key) => [key, key.replace(/#[a-z]+$/, '')]))

const without = (...sentences: string[]) =>
  Object.fromEntries(Object.entries(ALL).filter(([key]) => !sentences.includes(key)))

const RUN = 'Run: npm run texts -- nl'

const REFUSED: [string, object, string][] = [
  ['a missing sentence', without('Sign in'), `texts/nl.json: 1 sentence is missing: "Sign in". ${RUN}`],
  [
    'two missing sentences',
    without('Sign in', 'Sign out'),
    `texts/nl.json: 2 sentences are missing: "Sign in", "Sign out". ${RUN}`,
  ],
  [
    'four missing sentences',
    without('API', 'Password', 'Sign in', 'Sign out'),
    `texts/nl.json: 4 sentences are missing: "API", "Password", "Sign in" and 1 other. ${RUN}`,
  ],
  [
    'sentences without words',
    { ...ALL, 'Sign in': '', 'Sign out': ' ' },
    'texts/nl.json: 2 sentences have no words: "Sign in", "Sign out". Write them, or add "draft": true, which shows them in English.',
  ],
  [
    'a draft with a fault',
    { draft: true, 'Sing in': 'Inloggen' },
    'texts/nl.json: "Sing in" is unknown. Did you mean "Sign in"?',
  ],
  [
    'a draft that is none',
    { draft: false, ...without('Sign in') },
    `texts/nl.json: 1 sentence is missing: "Sign in". ${RUN}`,
  ],
]
console.log(`${REFUSED.length} refused files`)

test('a sentence that stands twice is refused', () => {
  writeFileSync(join(project, 'texts/nl.json'), '{ "Sign in": "Inloggen", "Sign in": "Aanmelden" }')
  const { faults } = readWords({ languages: ['en', 'nl'], texts: { nl: 'texts/nl.json' } }, project)
  expect(faults).toEqual(['texts/nl.json: "Sign in" is there twice.'])
})

test.each(REFUSED)('%s is refused with what to do', (_what, texts, fault) => {
  expect(dutch(texts).faults).toEqual([fault])
})

test('all words of a complete file are read, and no note in it', () => {
  expect(dutch({ '//': { 'Dear customer,': { words: 'Hallo' } }, ...ALL })).toEqual({
    words: { nl: ALL },
    faults: [],
  })
})

test('a draft has English in place of sentences without words', () => {
  const texts = { draft: true, 'Sign in': 'Inloggen', 'Sign out': '' }
  expect(dutch(texts)).toEqual({ words: { nl: { 'Sign in': 'Inloggen' } }, faults: [] })
})

test('a language without a file is refused with the line that writes one', () => {
  const { faults } = readWords({ languages: ['en', 'nl'] }, project)
  expect(faults).toEqual([
    expect.stringMatching(
      /^auth\.config\.ts: languages nl: \d+ sentences are missing: .* and \d+ others\. Run: npm run texts -- nl$/,
    ),
  ])
})

test('a language that comes with the service needs no file, and a file may change single sentences', () => {
  mkdirSync(join(project, 'plugins/languages'), { recursive: true })
  writeFileSync(join(project, 'plugins/languages/nl.json'), JSON.stringify(ALL))
  writeFileSync(join(project, 'texts/nl.json'), '{ "Sign in": "Erin" }')
  expect(readWords({ languages: ['nl'] }, project, project)).toEqual({ words: { nl: ALL }, faults: [] })
  const config = { languages: ['en', 'nl'], texts: { nl: 'texts/nl.json' } } as const
  expect(readWords(config, project, project)).toEqual({
    words: { nl: { ...ALL, 'Sign in': 'Erin' } },
    faults: [],
  })
})

test('English of another region needs no words', () => {
  expect(readWords({ languages: ['en-GB', 'en'] }, project)).toEqual({ words: {}, faults: [] })
})
