/** How many lines with the same fault are printed. */
const SHOWN = 10

/** Prints the faults of lines. */
export interface Faults {
  add(line: number, fault: string): void
  /** Prints how many further lines have each fault. */
  end(): void
}

/**
 * Prints the first lines of each fault at once, and counts the others. Faults that name another line count as the same.
 *
 * @param shown - How many lines of each fault are printed.
 */
export function startFaults(print: (line: string) => void, shown = SHOWN): Faults {
  const counts = new Map<string, number>()
  return {
    add(line, fault) {
      const kind = fault.replace(/ as line \d+\.$/, ' as an earlier line.')
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      if (count <= shown) print(`line ${line}: ${fault}`)
    },
    end() {
      for (const [kind, count] of counts) {
        const more = count - shown
        if (more > 0) print(`${more.toLocaleString('en')} more ${more === 1 ? 'line' : 'lines'}: ${kind}`)
      }
    },
  }
}
