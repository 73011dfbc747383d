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
