import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test, vi } from 'vitest'
import { languageFor } from '../../lib/application/languages.ts'
import { faultsOfConfig } from '../../plugins/config/faults.ts'
import { faultsOfTexts } from '../../plugins/config/texts.ts'
import { root } from '../support/process/service-description.ts'
import { tableIn } from './table.ts'

// What docs/LANGUAGES.md shows.

vi.mock('../../auth.config.ts', () => ({
  default: { roles: ['user'], administrators: [], languages: ['en', 'de', 'pt-BR', 'zh-Hans'] },
}))

const page = readFileSync(`${root}/docs/LANGUAGES.md`, 'utf8')
const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? ''

test('the configuration of LANGUAGES.md is one', () => {
  const [, literal] = /defineAuth\((.*)\)/s.exec(block('ts')) ?? []
  const shown = new Function(`return ${literal}`)()
  expect(shown.languages).toHaveLength(3)
  expect(faultsOfConfig(shown)).toEqual([])
})

test('LANGUAGES.md lists the languages that come with the service', () => {
  const tags = tableIn(page, 'Comes with the service').map(([, tag = '']) => tag.replaceAll('`', ''))
  const files = globSync('plugins/languages/*.json', { cwd: root }).map((file) => basename(file, '.json'))
  expect(tags.toSorted()).toEqual(['en', ...files].sort())
})

test('a reader gets the language that LANGUAGES.md says', () => {
  const rows = tableIn(page, 'The reader wants').map((row) => row.map((cell) => cell.replaceAll('`', '')))
  expect(rows).toHaveLength(4)
  for (const [wanted = '', , gets = ''] of rows) {
    expect(languageFor([wanted]) ?? 'the first', wanted).toBe(gets)
  }
})

test('the words of LANGUAGES.md are accepted', () => {
  const texts = JSON.parse(block('json'))
  expect(Object.keys(texts)).toHaveLength(3)
  expect(faultsOfTexts(texts, 'en')).toEqual([])
})
