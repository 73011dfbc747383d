import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { root } from '../support/service-description.ts'

interface Source {
  file: string
  code: string
  imports: string[]
}

/** The sources of a folder without their tests; `code` is without comments. */
function sourcesOf(folder: string): Source[] {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  return files.map((file) => {
    const code = readFileSync(`${root}/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    const found = code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g)
    return { file, code, imports: [...found].map(([, path = '']) => path) }
  })
}

const lib = sourcesOf('lib')
const functions = sourcesOf('functions')
const offenders = (sources: Source[], offends: (source: Source) => boolean) =>
  sources.filter(offends).map(({ file }) => file)
const isRelative = (path: string) => path.startsWith('.') || path.startsWith('/')

test('there are sources to look at, and their imports are seen', () => {
  expect(functions.map(({ file }) => file)).toContain('functions/sessions/login.ts')
  expect(lib.find(({ file }) => file === 'lib/aws/client.ts')?.imports).toEqual([
    'node:http',
    'node:https',
    'node:timers/promises',
    'aws4',
    './config.ts',
    './problems.ts',
  ])
})

test('lib/ imports, besides packages, only from itself', () => {
  const isOutside = (path: string) => isRelative(path) && !/^\.\.?\/([a-z]+\/)?[a-z0-9-]+\.ts$/.test(path)
  expect(offenders(lib, ({ imports }) => imports.some(isOutside))).toEqual([])
})

test('functions/ imports, besides packages, only from lib/ and the files of its pages', () => {
  const isOutside = (path: string) =>
    isRelative(path) && !/^\.\.\/lib\/[a-z0-9-]+\.ts$|^\.\/[a-z]+\/page\.(html|css|js)$/.test(path)
  expect(offenders(functions, ({ imports }) => imports.some(isOutside))).toEqual([])
})

test('one file alone reads the environment', () => {
  const readsIt = ({ code, imports }: Source) =>
    /\bprocess\b[\s\S]{0,3}\benv\b/.test(code) || imports.includes('node:process')
  expect(offenders([...lib, ...functions], readsIt)).toEqual(['lib/config.ts'])
})

test('the global fetch, which takes long to load, is in no function', () => {
  expect(offenders([...lib, ...functions], ({ code }) => /\bfetch\b/.test(code))).toEqual([])
})

describe.each(functions)('$file', ({ code }) => {
  test('has one handler, of under 30 lines, and exports nothing else', () => {
    const lines = code.split('\n')
    const exported = lines.filter((line) => line.startsWith('export'))
    expect(exported).toEqual([expect.stringMatching(/^export (const|async function) handler\b/)])
    const start = lines.indexOf(exported[0] ?? '')
    const length = lines.slice(start).findIndex((line) => line.startsWith('}')) + 1
    expect(length).toBeGreaterThan(1)
    expect(length).toBeLessThan(30)
  })
})
