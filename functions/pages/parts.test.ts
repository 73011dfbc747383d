import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Feature, textForBrowsers, waysIn, waysOf } from '../../plugins/page-files.ts'

const pages = fileURLToPath(new URL('.', import.meta.url))

test('the pages have no part of a way to sign in that the service does not have', async () => {
  expect(await partsOf([])).toEqual([])
  expect(await partsOf(['federation'])).toEqual(OF_FEDERATION)
  expect(await partsOf(['mailSignIn'])).toEqual(['mailSignIn', 'otherFirst'])
  expect(await partsOf(['federation', 'mailSignIn'])).toEqual([...OF_FEDERATION, 'mailSignIn'].sort())
})

test.each([
  ['/work/functions/pages/federation/signin.ts', ['federation']],
  ['C:\\work\\functions\\pages\\federation\\signin.ts', ['federation']],
  ['/work/functions/pages/mail/signin.ts', ['mailSignIn']],
  ['C:\\work\\functions\\pages\\mail\\signin.ts', ['mailSignIn']],
  ['/work/functions/pages/federation/mail/signin.ts', ['federation', 'mailSignIn']],
  ['/work/functions/pages/signin/signin.ts', []],
  ['/pages/federation/functions/pages/signin/signin.ts', []],
  ['/functions/pages/mail/work/functions/pages/signin/signin.ts', []],
])('%s has the ways %j', (importer, expected) => {
  expect(waysOf(importer)).toEqual(expected)
})

test('a mark names each of its ways', () => {
  expect(waysIn('?federation&mailSignIn')).toEqual(['federation', 'mailSignIn'])
  expect(waysIn('?mailSignIn')).toEqual(['mailSignIn'])
  expect(waysIn()).toEqual([])
})

/** Words in quotes in the handlers with other ways to sign in: some are names of parts. */
const quoted = [
  ...globSync(`${pages}{federation,mail,federation/mail}/{signin,account-pages}.ts`),
  `${pages}../../lib/openapi/pages/federated-parts.ts`,
]
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(\w+)'/g)])
  .map(([, word = '']) => word)

/** Returns the names of the parts of all pages that only these handlers show. */
async function partsOf(ways: readonly Feature[]): Promise<string[]> {
  const files = globSync(`${pages}*/*.html`)
  const texts = await Promise.all(files.map((file) => textForBrowsers(file, ways)))
  const names = texts.flatMap((text) => [...text.matchAll(/<!-- if (\w+) -->/g)].map(([, name = '']) => name))
  return [...new Set(names)].filter((name) => quoted.includes(name)).sort()
}

const OF_FEDERATION = ['federation', 'identitiesWithoutMails', 'identityMails', 'newIdentities', 'otherFirst']
