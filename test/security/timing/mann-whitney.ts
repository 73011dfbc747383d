/**
 * Compares two samples by the Mann-Whitney U test: two-sided, by the normal approximation, corrected for ties and
 * continuity (scipy's `mannwhitneyu` with `method="asymptotic"`). Both samples should have more than 20 values.
 *
 * @returns `p`: how probable a difference at least as large is between two samples of one distribution.
 *   `isHigher`: whether the values of `a` are the higher ones.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): { p: number; isHigher: boolean } {
  const sorted = [
    ...a.map((value) => ({ value, isOfA: true })),
    ...b.map((value) => ({ value, isOfA: false })),
  ].sort((one, other) => one.value - other.value)
  const all = sorted.length
  let rankSum = 0
  let tied = 0
  for (let start = 0, end = 0; start < all; start = end) {
    while (sorted[end]?.value === sorted[start]?.value && end < all) end += 1
    const run = sorted.slice(start, end)
    // Equal values share the mean of their ranks, which count from 1.
    rankSum += (run.filter(({ isOfA }) => isOfA).length * (start + 1 + end)) / 2
    tied += run.length ** 3 - run.length
  }
  const pairs = a.length * b.length
  const excess = rankSum - (a.length * (a.length + 1)) / 2 - pairs / 2
  const variance = (pairs / 12) * (all + 1 - tied / (all * (all - 1)))
  const z = Math.max(Math.abs(excess) - 0.5, 0) / Math.sqrt(variance)
  return { p: variance === 0 ? 1 : complementaryError(z / Math.SQRT2), isHigher: excess > 0 }
}

/** Coefficients of {@link complementaryError}, the highest power first. */
const CHEBYSHEV = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
]

/** Returns erfc(x) of an x from 0 on, within 1.2e-7 of its value (Numerical Recipes in C, section 6.2, `erfcc`). */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2)
  return t * Math.exp(CHEBYSHEV.reduce((sum, coefficient) => sum * t + coefficient, 0) - x * x)
}
