/**
 * Ends the process because of faults in the command line, one line for each.
 *
 * An error would be printed by the framework, with its own version and a link to its own documents.
 */
export function reject(...faults: string[]): never {
  console.error(faults.join('\n'))
  process.exit(1)
}

/** Ends the process if there are faults; see {@link reject}. */
export function rejectAny(faults: readonly string[]): void {
  if (faults.length > 0) reject(...faults)
}
