import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import config from '../../vitest.config.ts'

const known = new Map<string, string[]>()

test('the proofs run each file of tests whose tables are shorter in npm test', () => {
  const proofs = config.test?.projects
    ?.map((project) => Object(project).test)
    .find(({ name }) => name === 'proof').include
  const shortened = globSync('{bench,client,functions,lib,local,plugins,scripts,test}/**/*.test.ts')
    .filter((file) => !/node_modules|\.(proof|mass)\.|^test\/browser/.test(file))
    .filter((file) => isShortened(file))
  expect(shortened).toContain('test/sessions/faults.test.ts')
  expect(proofs).toEqual(expect.arrayContaining(shortened))
})

function importsOf(file: string): string[] {
  const paths =
    known.get(file) ??
    [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.ts)'/g)]
      .map(([, path]) => join(dirname(file), String(path)))
      .filter((path) => existsSync(path))
  known.set(file, paths)
  return paths
}

/** Whether a file imports `rows.ts`, by itself or by what it imports. */
function isShortened(file: string, seen = new Set<string>()): boolean {
  if (file.endsWith('support/rows.ts')) return true
  if (seen.has(file)) return false
  seen.add(file)
  return importsOf(file).some((path) => isShortened(path, seen))
}
