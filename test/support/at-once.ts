import { vi } from 'vitest'

/**
 * Waits for all promises, then returns their values or throws the first failure. `Promise.all` leaves the others running, in
 * the next test or file.
 */
export async function settleAll<T>(promises: Iterable<Promise<T>>): Promise<T[]> {
  const all = [...promises]
  await Promise.allSettled(all)
  return Promise.all(all)
}

/**
 * Does something 50 times at once. Calls have no timeout, so that a busy machine causes no second attempts. A clock that the test has
 * stopped stands still.
 */
export async function fifty<T>(act: () => Promise<T>): Promise<T[]> {
  const clock = vi.isFakeTimers() ? (['Date'] as const) : []
  const now = Date.now()
  vi.useFakeTimers({ toFake: [...clock, 'setTimeout', 'clearTimeout'], now })
  try {
    return await settleAll(Array.from({ length: 50 }, act))
  } finally {
    if (clock.length > 0) vi.useFakeTimers({ toFake: [...clock], now })
    else vi.useRealTimers()
  }
}
