import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { percentOf, type Report, scoresOf, surplusOf, survivorsOf, timedOutIn } from './report.ts'
import { SURVIVORS } from './survivors.ts'

const source = 'if (a) {\n  return b\n}\n'
const at = (line: number, column: number) => ({ line, column })
const mutant = (status: string, replacement: string, start: [number, number], end: [number, number]) => ({
  mutatorName: 'Any',
  status,
  replacement,
  location: { start: at(...start), end: at(...end) },
})
const report: Report = {
  files: {
    'lib/a/a.ts': {
      source,
      mutants: [
        mutant('Killed', 'true', [1, 5], [1, 6]),
        mutant('Survived', 'false', [1, 5], [1, 6]),
        mutant('Timeout', '', [2, 1], [2, 9]),
        mutant('RuntimeError', '', [2, 1], [2, 9]),
      ],
    },
    'lib/a/b.ts': { source, mutants: [mutant('NoCoverage', '{}', [1, 8], [3, 2])] },
    'lib/c.ts': { source, mutants: [mutant('Killed', 'true', [1, 5], [1, 6])] },
  },
}

test('the score counts what is detected, by folder', () => {
  const scores = scoresOf(report)
  expect([...scores]).toEqual([
    ['lib/a', { detected: 2, undetected: 2 }],
    ['lib', { detected: 1, undetected: 0 }],
  ])
  expect(percentOf(scores.values())).toBe(60)
})

test('a survivor is shown as the change of its lines', () => {
  expect([...survivorsOf(report)]).toEqual([
    ['lib/a/a.ts', ['if (a) { → if (false) {']],
    ['lib/a/b.ts', ['if (a) { return b } → if (a) {}']],
    ['lib/c.ts', []],
  ])
})

test('a mutant whose tests took too long is shown in the same way', () => {
  expect(timedOutIn(report).get('lib/a/a.ts')).toEqual(['return b → b'])
})

test('the comparison with the list counts repeated survivors', () => {
  expect(surplusOf(['a', 'b', 'b'], ['b', 'c'])).toEqual(['a', 'b'])
})

test('the list of survivors names existing files, and a reason for each survivor', () => {
  for (const [file, survivors] of Object.entries(SURVIVORS)) {
    expect(existsSync(`${root}/${file}`)).toBe(true)
    for (const reason of Object.keys(survivors)) expect(reason).toMatch(/^[A-Z].*\.$/)
  }
})
