/**
 * Creates a limit on how much runs at once. The rest waits, and runs in the order of its calls.
 *
 * @returns A function that calls another one when it is its turn, and returns what that one returns.
 */
export function createLimit(atOnce: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(run: () => Promise<T>): Promise<T> => {
    if (running === atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await run()
    } finally {
      // The next one takes this place.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
