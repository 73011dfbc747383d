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

/** Does something 50 times at once. Calls have no timeout, so that a busy machine causes no second attempts. */
export async function fifty<T>(act: () => Promise<T>): Promise<T[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    return await settleAll(Array.from({ length: 50 }, act))
  } finally {
    vi.useRealTimers()
  }
}
