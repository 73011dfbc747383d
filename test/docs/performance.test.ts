import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { tableIn } from './table.ts'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const page = read('docs/PERFORMANCE.md')
const readme = read('README.md')
const run = read('bench/README.md')

/** Returns the values of a row: on a whole CPU, and with a part of one. */
const rowOf = (name: string) =>
  [...run.matchAll(/^\| ([^|]+?) +\| +([\d.,]+) (?:bytes|µs|ms) /gm)].flatMap(([, row, value = '']) =>
    row === name ? [Number(value.replaceAll(',', ''))] : [],
  )
const cold = (name: string) => rowOf(`${name}, cold start over an empty handler`).map((ms) => ms.toFixed(0))
const warm = (name: string, digits: number, perMs = 1) =>
  rowOf(`${name}, warm, whole call`).map((time) => (time / perMs).toFixed(digits))

test('the times in PERFORMANCE.md are those of the run in bench/README.md', () => {
  const measured = [
    cold('login'),
    cold('authorizer'),
    cold('refresh'),
    cold('user-content'),
    warm('login', 1),
    warm('refresh', 2),
    warm('authorizer', 2, 1000),
  ]
  const shown = tableIn(page, 'What').map(([, ...cells]) => cells)
  expect(shown).toEqual(measured.map((row) => row.map((value) => `${value} ms`)))
  const rates = /GET \/ without a cache, server on its own core .*; ([\d,]+) a second, FastAPI ([\d,]+)/.exec(
    run,
  )
  expect(page).toContain(`One process serves ${rates?.[1]} requests a second`)
  expect(page).toContain(`FastAPI with PyJWT ${rates?.[2]}.`)
})

test('the numbers in README and PERFORMANCE.md are those of the run and of DEPLOYING.md', () => {
  const prices = tableIn(read('docs/DEPLOYING.md'), 'A million').map(([, cost]) => cost)
  expect(prices).toHaveLength(9)
  const [bytes = 0] = rowOf('login, bundle')
  expect(readme).toContain(
    `The \`login\` bundle has ${Math.round(bytes / 1000)} KB. It starts ${cold('login')[0]} ms later`,
  )
  for (const text of [readme, page]) expect(text).toContain(`a million sign-ins ${prices[0]}`)
  const [, authorised = ''] = /million authorised\s+requests cost (\$[\d.]+)/.exec(readme) ?? []
  expect(prices[5]).toBe(authorised)
  expect(page).toContain(`cost ${authorised} at a protected route`)
})
