/** A lock that many operations share, or that one operation holds exclusively. */
export interface Lock {
  /** Runs an operation that shares the lock with others. */
  shared<T>(work: () => Promise<T>): Promise<T>
  /** Runs an operation exclusively: after all earlier ones, and before all later ones. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

/** Creates a lock. Operations get it in the order of their calls, so none waits forever. */
export function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  let running = new Set<Promise<unknown>>()
  return {
    shared(work) {
      const result = last.then(work)
      const holders = running
      const end = result.then(leave, leave)
      function leave() {
        holders.delete(end)
      }
      holders.add(end)
      return result
    },
    alone(work) {
      const result = Promise.all([last, ...running]).then(work)
      last = result.catch(() => undefined)
      running = new Set()
      return result
    },
  }
}
