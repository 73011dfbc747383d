import { expect, test } from 'vitest'
import { startFaults } from './faults.ts'

test('the first ten lines of each fault are printed, and the others are counted', () => {
  const printed: string[] = []
  const faults = startFaults((line) => printed.push(line))
  for (let line = 1; line <= 1_011; line += 1) faults.add(line, 'phpass is not accepted.')
  for (let line = 2_000; line <= 2_010; line += 1) faults.add(line, `Same username as line ${line - 1_000}.`)
  faults.add(3_000, 'Missing username.')
  expect(printed).toHaveLength(21)
  expect(printed[9]).toBe('line 10: phpass is not accepted.')
  expect(printed[10]).toBe('line 2000: Same username as line 1000.')
  faults.end()
  expect(printed.slice(21)).toEqual([
    '1,001 more lines: phpass is not accepted.',
    '1 more line: Same username as an earlier line.',
  ])
})
