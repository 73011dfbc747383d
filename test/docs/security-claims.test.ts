import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const security = read('docs/SECURITY.md')
const page = read('docs/CLAIMS.md')

const claims = page.split(/^#+ /m).flatMap(claimsIn)

/** `file`: *title*, *title* */
const TESTS = /^`((?:client|functions|lib|local|plugins|test)\/[^`]+\.ts)`: (\*[^*]+\*(?:, \*[^*]+\*)*)$/

test('every claim in CLAIMS.md names existing tests, or states that it is not met', () => {
  expect(claims).not.toEqual([])
  const faults = claims.flatMap(({ heading, item, verdict, shownBy }) => {
    const where = `${heading}, ${item}`
    if (verdict === 'Not met' || verdict === 'Does not apply') {
      if (shownBy === '–') return []
    } else if (verdict !== 'Met' && verdict !== 'Partly') {
      return [`${where}: no verdict`]
    }
    return shownBy.split('; ').flatMap((cited) => {
      const [, path = '', titles = ''] = TESTS.exec(cited) ?? []
      if (path === '' || !existsSync(`${root}/${path}`)) return [`${where}: ${cited}`]
      const source = read(path)
      // A title is at the beginning of a string, so a comment does not count.
      const exists = (title: string) => [`'`, `"`, '`'].some((quote) => source.includes(quote + title))
      const named = [...titles.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title)
      return named.filter((title) => !exists(title)).map((title) => `${where}: ${path}: ${title}`)
    })
  })
  expect(faults).toEqual([])
})

test('CLAIMS.md has each item of the chapters and sections that it covers, once', () => {
  /** Number of items in each section of ASVS 5.0.0 and of RFC 8725, and of steps in the ceremonies of WebAuthn level 3. */
  const sizes: [heading: string, sizes: Record<string, number>][] = [
    ['V3', { '3.3': 5, '3.5': 8 }],
    ['V6', { '6.1': 3, '6.2': 12, '6.3': 8, '6.4': 6, '6.5': 8, '6.6': 4, '6.7': 2, '6.8': 4 }],
    ['V7', { '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 }],
    ['V9', { '9.1': 3, '9.2': 4 }],
    ['V10.1', { '10.1': 2 }],
    ['V10.2', { '10.2': 3 }],
    ['V10.3', { '10.3': 5 }],
    ['V10.4', { '10.4': 16 }],
    ['V10.5', { '10.5': 5 }],
    ['V10.6', { '10.6': 2 }],
    ['V10.7', { '10.7': 3 }],
    ['WebAuthn, section 7.1', { '7.1': 29 }],
    ['WebAuthn, section 7.2', { '7.2': 25 }],
    ['RFC 8725', { '3': 12 }],
  ]
  for (const [heading, sections] of sizes) {
    const all = Object.entries(sections).flatMap(([section, size]) =>
      Array.from({ length: size }, (_, index) => `${section}.${index + 1}`),
    )
    const covered = claims.filter((claim) => claim.heading.startsWith(heading))
    expect(covered.flatMap(({ item }) => itemsIn(item))).toEqual(all)
  }
})

/** Returns the items of a cell: `6.6.1–6.6.4 (L2, L3)` is four items. */
function itemsIn(text: string): string[] {
  const [first = '', last = first] = text.replace(/ \(L.*\)$/, '').split('–')
  const [section, from, to] = [
    first.replace(/\.\d+$/, ''),
    ...[first, last].map((item) => item.split('.').at(-1)),
  ]
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, index) => `${section}.${Number(from) + index}`,
  )
}

test('every table of CLAIMS.md is read as claims', () => {
  const lines =
    page.match(/^\|.*\|$/gm)?.filter((line) => !/^\| (?:---|Item|Section|Step) \|/.test(line)) ?? []
  expect(claims.length).toBe(lines.length)
})

test('the limits in SECURITY.md are those of plugins/parameters/parameters.yml', () => {
  const SECONDS: Record<string, number> = { minutes: 60, hours: 3600 }
  const shown = [...security.matchAll(/\| (\d+) in (\d+) (minutes|hours) \| `(\w+)` \|/g)].map(
    ([, failures, count, unit = '', name]) => `${name}: ${failures}/${Number(count) * (SECONDS[unit] ?? 0)}`,
  )
  const given = read('plugins/parameters/parameters.yml').match(/\blimit\w+: \d+\/\d+$/gm)
  expect(shown.sort()).toEqual(given?.sort())
})

/** Returns the rows of the claims in a section: heading, item, verdict, and the tests that show it. */
function claimsIn(section: string) {
  const [heading = ''] = section.split('\n')
  const [, , ...rows] = section.match(/^\|.*\|$/gm) ?? []
  return rows.map((row) => {
    const [item = '', , here = '', shownBy = ''] = row.slice(2, -2).split(' | ')
    return { heading, item, verdict: /^\*\*([^*]+)\.\*\*/.exec(here)?.[1], shownBy }
  })
}
