import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'
import { copySources } from '../support/process/checkout.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'

/**
 * Starts a service with languages for the tests of a file, from a copy of the sources.
 *
 * @param own - Own words by language and sentence.
 * @param params - Further parameters.
 */
export function useWordedService(
  languages: readonly string[],
  own: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  params: Readonly<Record<string, string>> = {},
): { service: Service } {
  const used = {} as { service: Service }
  let folder: string
  beforeAll(async () => {
    mkdirSync(`${root}/.results`, { recursive: true })
    folder = mkdtempSync(`${root}/.results/languages-`)
    copySources(folder)
    mkdirSync(`${folder}/texts`)
    const pathOf = (language: string) => `texts/${language}.json`
    for (const [language, words] of Object.entries(own)) {
      writeFileSync(`${folder}/${pathOf(language)}`, JSON.stringify(words))
    }
    const config = {
      roles: ['user', 'admin'],
      administrators: ['admin'],
      languages,
      texts: Object.fromEntries(Object.keys(own).map((language) => [language, pathOf(language)])),
      theme: { links: { terms: 'https://example.com/terms', privacy: '/privacy' } },
    }
    writeFileSync(`${folder}/auth.config.ts`, `export default ${JSON.stringify(config)}\n`)
    used.service = await startService({ demo: 'off', ...params }, [], folder)
  })
  afterAll(async () => {
    await used.service?.stop()
    rmSync(folder, { recursive: true })
  })
  return used
}
