import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { tableIn } from './table.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** Counts what has a letter or a digit: bars of a table and marks of a list are not read. */
const wordsIn = (path: string) => read(path).match(/\S*[a-z0-9]\S*/gi)?.length ?? 0
const ways = read('docs/README.md').split(/^## /m).slice(1, 4)

const WORDS_PER_MINUTE = 200

/** The documents of a way, each with its minutes. */
const rowsOf = (way: string) =>
  tableIn(way, 'Read').map(([link = '', , minutes]) => {
    const [, path = ''] = /\]\((.+)\)/.exec(link) ?? []
    return { path: join('docs', path), minutes: Number(minutes) }
  })

test.each(ways.map((way) => [way.split('\n')[0] ?? '', way]))(
  '%s is what its documents take',
  (title, way) => {
    const rows = rowsOf(way)
    // A small edit need not change a number.
    for (const { path, minutes } of rows) {
      expect(Math.abs(minutes - wordsIn(path) / WORDS_PER_MINUTE), path).toBeLessThanOrEqual(1)
    }
    const sum = rows.reduce((total, { minutes }) => total + minutes, 0)
    expect(title.endsWith(`: ${sum} minutes`), `${sum} minutes`).toBe(true)
  },
)

const ofReaders = ['README.md', ...globSync('docs/*.md', { cwd: root })].filter(
  (path) => path !== 'docs/CLAIMS.md',
)

test('each document stands in one way', () => {
  const listed = ways.flatMap(rowsOf).map(({ path }) => path)
  expect(listed.toSorted()).toEqual(ofReaders.filter((path) => path !== 'docs/README.md').toSorted())
})

test('readers have at most 55,000 words', () => {
  const words = ofReaders.reduce((sum, path) => sum + wordsIn(path), 0)
  console.log(`${words} words in ${ofReaders.length} documents`)
  expect(words).toBeLessThanOrEqual(55_000)
})
