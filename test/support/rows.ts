import { inject, test } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the run is one of the proofs. */
    isProof: boolean
  }
}

/** Whether whole tables run: in the proofs. A file that imports this one runs in `npm test` and in the proofs. */
export const isProof: boolean = inject('isProof') === true

/**
 * Returns the rows of a table that run: all of them in the proofs, and in `npm test` the first row of each class.
 *
 * @param classOf - Returns what rows of one class have in common. Without it, the whole table is one class.
 */
export function rowsOf<Row>(table: readonly Row[], classOf: (row: Row) => unknown = () => ''): Row[] {
  if (isProof) return [...table]
  const seen = new Set<unknown>()
  return table.filter((row) => {
    const name = classOf(row)
    return !seen.has(name) && seen.add(name)
  })
}

/** Declares a test of the proofs, of whose class `npm test` has another one. */
export function proof(name: string, run: () => Promise<void> | void): void {
  if (isProof) test(name, run)
}
