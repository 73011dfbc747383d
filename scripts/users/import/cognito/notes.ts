/** What an import leaves out of a pool, or changes. It counts this, and prints it at the end. */
export interface Notes {
  add(note: string, count?: number): void
  /** Returns a line for each note. */
  text(): string
}

/** Counts notes. */
export function startNotes(): Notes {
  const counts = new Map<string, number>()
  return {
    add: (note, count = 1) => void counts.set(note, (counts.get(note) ?? 0) + count),
    text: () => [...counts].map(([note, count]) => `${note} ${count.toLocaleString('en')}.\n`).join(''),
  }
}
