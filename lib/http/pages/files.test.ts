import { expect, test, vi } from 'vitest'
import { inLanguage } from '../../application/texts.ts'
import { hashFiles, languageOfFile } from './files.ts'

// English has no words in front of its scripts. Here it is not the first language.
vi.mock('../../../auth.config.ts', () => ({
  default: {
    languages: ['de', 'en', 'fr'],
    words: { de: { Show: 'Anzeigen' }, fr: { Show: 'Afficher' } },
  },
}))

const FILES = {
  'page.css': 'b { color: red }',
  'words.js': "const { ownWords } = globalThis; say('Show')",
  'page.js': 'import "./words.js"',
}
const written = (language: string) => inLanguage(language, () => hashFiles(FILES))

test.each(['de', 'en', 'fr'])(
  'each file of pages in %s is served by the name that they have for it',
  (language) => {
    const { hashedNames } = written(language)
    expect(hashedNames.map(([file]) => file)).toEqual(Object.keys(FILES))
    for (const [file, name] of hashedNames) {
      const body = written(languageOfFile(name)).servedFiles.get(name)?.body
      expect(body, file).toBe(written(language).servedFiles.get(name)?.body)
      expect(body, file).toBeDefined()
    }
  },
)

test('languages have one file if it has no words, and no name for two contents', () => {
  const names = ['de', 'en', 'fr'].map((language) => new Map(written(language).hashedNames))
  const counts = Object.keys(FILES).map((file) => new Set(names.map((one) => one.get(file))).size)
  expect(counts).toEqual([1, 3, 3])
})
