import { vi } from 'vitest'

const LEVELS = ['info', 'warn', 'error'] as const

/**
 * Records what functions log from now on, and shows none of it.
 *
 * @param records - Where the records go.
 * @returns These records.
 */
export function recordLogs<T = unknown>(
  records: T[] = [],
  levels: readonly (typeof LEVELS)[number][] = LEVELS,
): T[] {
  for (const level of levels)
    vi.spyOn(console, level).mockImplementation((record) => void records.push(record))
  return records
}
