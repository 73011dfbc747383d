/**
 * Mutants that no test fails for, and why none can or should: by file, the change and its reason.
 *
 * `npm run test:mutation` fails if its survivors are others. It prints each as it is written here.
 */
export const SURVIVORS: Record<string, [change: string, reason: string][]> = {}
