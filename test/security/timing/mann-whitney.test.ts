import { expect, test } from 'vitest'
import { mannWhitney } from './mann-whitney.ts'

const upTo300 = Array.from({ length: 300 }, (_, index) => index)

// The p-values are those of scipy 1.17.1: `mannwhitneyu(a, b, method="asymptotic")`. The first is the example of its manual.
test.for([
  ['the ages of scipy’s manual', [19, 22, 16, 29, 24], [20, 11, 17, 12], 0.11134688653314041, true],
  [
    'samples with ties',
    [1, 2, 2, 3, 3, 3, 4, 5, 5, 7],
    [2, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 9],
    0.030618786382403458,
    false,
  ],
  [
    'samples that are far apart',
    upTo300,
    upTo300.map((value) => value + 60.5),
    1.5099844177597095e-14,
    false,
  ],
  ['samples that alternate', upTo300, upTo300.map((value) => value + 0.5), 0.9438623019928581, false],
  ['equal samples', [1, 2, 3], [1, 2, 3], 1, false],
  ['samples of one value', [1, 1], [1, 1], 1, false],
] as const)('mannWhitney returns the p-value of scipy for %s', ([, a, b, p, isHigher]) => {
  const result = mannWhitney(a, b)
  expect(result.p / p).toBeCloseTo(1, 6)
  expect(result.isHigher).toBe(isHigher)
  expect(mannWhitney(b, a).p).toBe(result.p)
})
