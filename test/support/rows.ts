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
 * Returns whether a row of a class runs, for tables whose rows are known only as they run: every row in the proofs, and
 * in `npm test` the first row of each class.
 */
export function firstOfClass(): (name: unknown) => boolean {
  const seen = new Set<unknown>()
  return (name) => isProof || (!seen.has(name) && Boolean(seen.add(name)))
}

/**
 * Returns the rows of a table that run: all of them in the proofs, and in `npm test` the first row of each class.
 *
 * @param classOf - Returns what rows of one class have in common. Without it, the whole table is one class.
 */
export function rowsOf<Row>(table: readonly Row[], classOf: (row: Row) => unknown = () => ''): Row[] {
  const isFirst = firstOfClass()
  return table.filter((row) => isFirst(classOf(row)))
}

/** Declares a test of the proofs, of whose class `npm test` has another one. */
export function proof(name: string, run: () => Promise<void> | void): void {
  if (isProof) test(name, run)
}
