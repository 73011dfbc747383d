/**
 * Works on values in parallel, `width` at a time, taken in their order. After a failure it takes no further value and
 * finishes those it has begun.
 *
 * @throws What the first of the failed ones threw.
 */
export async function inParallel<T>(
  width: number,
  values: AsyncGenerator<T>,
  work: (value: T) => Promise<void>,
): Promise<void> {
  // The lanes share one generator. A lane that throws ends it, and so all the others.
  const lane = async () => {
    for await (const value of values) await work(value)
  }
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
}

/** Returns values one by one, as {@link inParallel} takes them. */
export async function* eachOf<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

/**
 * Merges sequences that are each in order. It asks all of them at first, and later the one whose value was taken, so of each it
 * reads no further than needed.
 *
 * @param compare - As for `Array.sort`.
 */
export async function* inOrder<T>(
  sources: readonly AsyncGenerator<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const head = async (source: AsyncGenerator<T>) => {
    const { done, value } = await source.next()
    return done ? [] : [{ source, value }]
  }
  let heads = (await Promise.all(sources.map(head))).flat()
  for (;;) {
    const [first, ...others] = heads.toSorted((a, b) => compare(a.value, b.value))
    if (first === undefined) return
    yield first.value
    heads = [...others, ...(await head(first.source))]
  }
}
