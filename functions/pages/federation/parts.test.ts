import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isFederated, textForBrowsers } from '../../../plugins/page-files.ts'

const pages = fileURLToPath(new URL('..', import.meta.url))

/** Words in quotes in the handlers with sign-ins by other providers: some are names of parts. */
const quoted = globSync(`${pages}federation/{signin,account-pages}.ts`)
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(\w+)'/g)])
  .map(([, word = '']) => word)

/** Returns the names of the parts of all pages that only these handlers show. */
async function partsOf(hasFederation: boolean): Promise<string[]> {
  const files = globSync(`${pages}*/*.html`)
  const texts = await Promise.all(files.map((file) => textForBrowsers(file, hasFederation)))
  const names = texts.flatMap((text) => [...text.matchAll(/<!-- if (\w+) -->/g)].map(([, name = '']) => name))
  return [...new Set(names)].filter((name) => quoted.includes(name)).sort()
}

test('the pages without sign-ins by other providers have no part of them', async () => {
  const own = ['federation', 'identitiesWithoutMails', 'identityMails', 'newIdentities']
  expect(await partsOf(true)).toEqual(own)
  expect(await partsOf(false)).toEqual([])
})

test.each([
  ['/work/functions/pages/federation/signin.ts', true],
  ['C:\\work\\functions\\pages\\federation\\signin.ts', true],
  ['/work/functions/pages/signin/signin.ts', false],
  ['/pages/federation/functions/pages/signin/signin.ts', false],
  ['/functions/pages/federation/work/functions/pages/signin/signin.ts', false],
])('%s has sign-ins by other providers: %s', (importer, expected) => {
  expect(isFederated(importer)).toBe(expected)
})
