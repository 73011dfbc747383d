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
 * Stops the clock, until `vi.useRealTimers`. Calls of AWS have no timeout and no deadline then, so a busy machine causes no second
 * attempts and no outages. The local AWS must have started before.
 */
export const stopTime = (now: Date | number) =>
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now })

/** Does something 50 times at once, while time stands still. Afterwards only a clock that the test had stopped stands still. */
export async function fifty<T>(act: () => Promise<T>): Promise<T[]> {
  const isStopped = vi.isFakeTimers()
  const now = Date.now()
  stopTime(now)
  try {
    return await settleAll(Array.from({ length: 50 }, act))
  } finally {
    if (isStopped) vi.useFakeTimers({ toFake: ['Date'], now })
    else vi.useRealTimers()
  }
}
