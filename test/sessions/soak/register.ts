/** The outcome of a change, as far as its response shows. */
export type Outcome = 'done' | 'not done' | 'unknown'

/** A value that one change at a time replaces: a password, a role, a state. */
export interface Register<T> {
  /** Returns the values that it may have at this moment. */
  possible(): ReadonlySet<T>
  /** Begins to collect the values that it may have. The result ends that, and returns them. */
  watch(): () => ReadonlySet<T>
  /** Replaces it. A change whose outcome is unknown may take effect until another one is done. */
  change(value: T, write: () => Promise<Outcome>): Promise<Outcome>
}

export function register<T>(initial: T): Register<T> {
  let possible = new Set([initial])
  let lastChange: Promise<unknown> = Promise.resolve()
  const watches = new Set<Set<T>>()

  async function replace(value: T, write: () => Promise<Outcome>): Promise<Outcome> {
    const before = possible
    possible = new Set([...before, value])
    for (const watch of watches) watch.add(value)
    const outcome = await write()
    if (outcome === 'done') possible = new Set([value])
    if (outcome === 'not done') possible = before
    return outcome
  }

  return {
    possible: () => possible,
    watch() {
      const seen = new Set(possible)
      watches.add(seen)
      return () => {
        watches.delete(seen)
        return seen
      }
    },
    change(value, write) {
      const changing = lastChange.then(() => replace(value, write))
      lastChange = changing
      return changing
    },
  }
}
