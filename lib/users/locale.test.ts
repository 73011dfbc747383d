import { expect, test, vi } from 'vitest'
import { localeOf } from './locale.ts'

vi.mock('../../auth.config.ts', () => ({
  default: { roles: ['user'], administrators: [], languages: ['de', 'pt-BR', 'zh-Hans'] },
}))

test.each([
  ['de', 'de'],
  ['pt-BR', 'pt-BR'],
  ['pt-PT', 'pt-BR'],
  ['zh-CN', 'zh-Hans'],
  ['zh-TW', undefined],
  // The service no longer has it.
  ['it', undefined],
  ['no tag', undefined],
  ['__proto__', undefined],
  [undefined, undefined],
])('a user with the locale %s has the language %s', (locale, language) => {
  expect(localeOf({ locale })).toBe(language)
})
