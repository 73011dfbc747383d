import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keysOf } from '../../plugins/config/sentences/list.ts'
import { readWords } from '../../plugins/config/words.ts'
import { beginInProcess, refusal } from '../../test/support/process/command.ts'
import { type Place, textsCommand } from './command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'texts-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the command in an application, whose service has its files in the same folder. */
const texts = (words: string, config: Place['config'] = {}) =>
  beginInProcess((io) => textsCommand(io, { config, project: folder, service: folder }), words.split(' '))
    .outcome

const textOf = (path: string) => readFileSync(join(folder, path), 'utf8')
const read = (path: string) => JSON.parse(textOf(path))
function write(path: string, content: string | object) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
  writeFileSync(join(folder, path), text)
}

/** Dutch does not come with the service. */
const KEYS = keysOf('nl')
const COUNT = KEYS.length
const DUTCH = { languages: ['en', 'nl'], texts: { nl: 'texts/nl.json' } } as const

const EMPTY = `${COUNT} sentences have no words yet. With "draft": true, users see them in English.\n`

test('a new language gets a file with all sentences, and the lines for the configuration', async () => {
  expect(await texts('nl')).toEqual({
    status: 0,
    stdout: `texts/nl.json: ${COUNT} sentences added, 0 kept, 0 no longer exist.\n${EMPTY}Add to auth.config.ts:\n  languages: ['en', 'nl'],\n  texts: { nl: 'texts/nl.json' },\n`,
    stderr: '',
  })
  expect(Object.entries(read('texts/nl.json'))).toEqual(KEYS.map((key) => [key, '']))
  expect(KEYS).toContain('{count} users#one')
  expect(readdirSync(join(folder, 'texts'))).toEqual(['nl.json'])
})

test('a complete file of words is one that the service starts with', async () => {
  await texts('nl')
  const words = Object.fromEntries(KEYS.map((key) => [key, key.replace(/#[a-z]+$/, '')]))
  write('texts/nl.json', words)
  expect(readWords(DUTCH, folder)).toEqual({ words: { nl: words }, faults: [] })
})

test('a second run changes nothing', async () => {
  await texts('nl', DUTCH)
  const [text, { mtimeMs }] = [textOf('texts/nl.json'), statSync(join(folder, 'texts/nl.json'))]
  const stdout = `texts/nl.json: 0 sentences added, ${COUNT} kept, 0 no longer exist.\n${EMPTY}`
  expect(await texts('nl', DUTCH)).toEqual({ status: 0, stdout, stderr: '' })
  expect(textOf('texts/nl.json')).toBe(text)
  expect(statSync(join(folder, 'texts/nl.json')).mtimeMs).toBe(mtimeMs)
})

test('words stay as they are, in the order of the list, at the path of the configuration', async () => {
  write('words/dutch.json', { 'Sign out': 'Uitloggen', draft: true, 'Sign in': 'Inloggen' })
  const { stdout } = await texts('nl', { ...DUTCH, texts: { nl: 'words/dutch.json' } })
  expect(stdout).toBe(
    `words/dutch.json: ${COUNT - 2} sentences added, 2 kept, 0 no longer exist.\n` +
      `${COUNT - 2} sentences have no words yet. With "draft": true, users see them in English.\n`,
  )
  const file = read('words/dutch.json')
  expect(Object.keys(file)).toEqual(['draft', ...KEYS])
  expect(file).toMatchObject({ draft: true, 'Sign in': 'Inloggen', 'Sign out': 'Uitloggen', Password: '' })
})

test('a vanished sentence keeps its words with the nearest new sentence, and comes back with them', async () => {
  write('texts/nl.json', {
    'You are invited to {servic}': 'U bent uitgenodigd voor {service}',
    'Sign inn': 'Inloggen',
    'Never written': '',
    'Sign out': 'Uitloggen',
    '//': { 'Sign in': { words: 'Naar binnen' }, 'Dear customer,': { words: 'Beste klant,' } },
  })
  const { stdout } = await texts('nl', DUTCH)
  expect(stdout).toBe(
    `texts/nl.json: ${COUNT - 1} sentences added, 1 kept, 3 no longer exist.\n` +
      'Their words are in the member "//", with the nearest sentence without words.\n' +
      `${COUNT - 2} sentences have no words yet. With "draft": true, users see them in English.\n`,
  )
  const { '//': former, ...words } = read('texts/nl.json')
  expect(Object.keys(words)).toEqual(KEYS)
  expect(words).toMatchObject({ 'Sign in': 'Naar binnen', 'Sign out': 'Uitloggen' })
  expect(former).toEqual({
    'Dear customer,': { words: 'Beste klant,' },
    'You are invited to {servic}': {
      words: 'U bent uitgenodigd voor {service}',
      nearest: 'You are invited to {service}',
    },
    'Sign inn': { words: 'Inloggen', nearest: expect.any(String) },
  })
  const text = textOf('texts/nl.json')
  await texts('nl', DUTCH)
  expect(textOf('texts/nl.json')).toBe(text)
})

const BROKEN: [string, string, RegExp][] = [
  ['text that is no JSON', '{ "Sign in": "Inloggen", }', /^It must be JSON: .+\. Nothing was changed\.\n$/],
  ['a list', '["Sign in"]', /^It must be an object of words by English sentence\. Nothing was changed\.\n$/],
  [
    'a sentence twice',
    '{ "Sign in": "a", "Sign in": "b" }',
    /^"Sign in" is there twice\. Nothing was changed\.\n$/,
  ],
]
console.log(`${BROKEN.length} broken files`)

test.each(BROKEN)('a file with %s is refused and stays as it is', async (_what, text, line) => {
  write('texts/nl.json', text)
  const { status, stdout, stderr } = await texts('nl', DUTCH)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr.replace('texts/nl.json: ', '')).toMatch(line)
  expect(textOf('texts/nl.json')).toBe(text)
  expect(readdirSync(join(folder, 'texts'))).toEqual(['nl.json'])
})

test.each([
  ['pt_br', ' Did you mean pt-BR?'],
  ['DE', ' Did you mean de?'],
  ['klingon!', ''],
  ['../de', ''],
  ['__proto__', ''],
])('the language %s is refused', async (tag, suggestion) => {
  const line = `Invalid language. Use a tag such as de, pt-BR or zh-Hans.${suggestion}`
  expect(await texts(tag)).toEqual(refusal(2, line))
  expect(readdirSync(folder)).toEqual([])
})

test('a file that cannot be written is named, and nothing is left', async () => {
  write('texts', 'a file in place of the folder')
  expect(await texts('nl')).toEqual(refusal(3, 'Cannot write texts/nl.json: EEXIST.'))
  expect(readdirSync(folder)).toEqual(['texts'])
})

describe('a language that comes with the service', () => {
  const SHIPPED = Object.fromEntries(keysOf('ja').map((key) => [key, `${key} …`]))
  beforeEach(() => write('plugins/languages/ja.json', SHIPPED))

  test('needs no file', async () => {
    expect(await texts('ja')).toEqual({
      status: 0,
      stdout:
        'The service has words for all sentences of ja, so nothing was written.\n' +
        'For words of your own, write texts/ja.json, or run: npm run texts -- ja --all\n' +
        "Add to auth.config.ts:\n  languages: ['en', 'ja'],\n",
      stderr: '',
    })
    expect(existsSync(join(folder, 'texts'))).toBe(false)
  })

  test('keeps a file of single sentences, without those that no longer exist', async () => {
    write('texts/ja.json', { 'Dear customer,': 'お客様', 'Sign in': 'ログイン' })
    await texts('ja', { languages: ['ja'], texts: 'texts/ja.json' })
    expect(read('texts/ja.json')).toEqual({
      'Sign in': 'ログイン',
      '//': { 'Dear customer,': { words: 'お客様' } },
    })
  })

  test('has all its sentences in a file that is asked for, with the words of the service', async () => {
    write('texts/ja.json', { 'Sign in': 'ログイン' })
    const { stdout } = await texts('ja --all', { languages: ['ja'], texts: 'texts/ja.json' })
    expect(stdout).toBe(
      `texts/ja.json: ${keysOf('ja').length - 1} sentences added, 1 kept, 0 no longer exist.\n`,
    )
    expect(read('texts/ja.json')).toEqual({ ...SHIPPED, 'Sign in': 'ログイン' })
  })

  test('gets the other plural forms of a sentence in its file', async () => {
    write('plugins/languages/de.json', Object.fromEntries(keysOf('de').map((key) => [key, key])))
    write('texts/de.json', { '{count} users#one': 'Eine Nutzerin' })
    await texts('de', { languages: ['de'], texts: 'texts/de.json' })
    expect(Object.keys(read('texts/de.json'))).toEqual(['{count} users#one', '{count} users#other'])
  })

  test('gets its missing sentences in the file of the service', async () => {
    const path = 'plugins/languages/ja.json'
    write(path, { 'Sign in': 'サインイン' })
    const { stdout } = await texts('ja --shipped')
    const count = keysOf('ja').length - 1
    expect(stdout).toBe(
      `${path}: ${count} sentences added, 1 kept, 0 no longer exist.\n${count} sentences have no words yet.\n`,
    )
    expect(Object.keys(read(path))).toEqual(keysOf('ja'))
  })
})

test('English words are optional, and have a plural form only if they have all', async () => {
  expect((await texts('en')).stdout).toContain('The service has words for all sentences of en')
  const config = { texts: 'texts/en.json' }
  write('texts/en.json', {
    'Sign in': 'Log in',
    '{count} users#one': '1 person',
    '{count} users#other': '{count} people',
  })
  const { stdout } = await texts('en --all', config)
  expect(stdout).toMatch(/^texts\/en\.json: \d+ sentences added, 3 kept, 0 no longer exist\.\n$/)
  expect(readWords(config, folder).faults).toEqual([])
  expect(read('texts/en.json')).toMatchObject({
    'Sign in': 'Log in',
    'Sign out': 'Sign out',
    '{count} users#one': '1 person',
  })
  expect(await texts('en --shipped')).toEqual(refusal(2, 'English has no file: it is the sentences.'))
})

test('the line for the configuration keeps other languages and their files', async () => {
  const { stdout } = await texts('pt-PT', { languages: ['en', 'nl'], texts: 'texts/own.json' })
  expect(stdout).toContain(
    "  languages: ['en', 'nl', 'pt-PT'],\n  texts: { en: 'texts/own.json', 'pt-PT': 'texts/pt-PT.json' },\n",
  )
})
