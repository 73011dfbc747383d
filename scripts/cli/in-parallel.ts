/**
 * Works on many things, so many at a time, taken in their order. After a failure none is taken any more; those
 * begun are finished first.
 *
 * @throws What the first of the failed ones threw.
 */
export async function inParallel<T>(
  width: number,
  things: AsyncGenerator<T>,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  // The lanes share one generator. A lane that throws ends it, and so all the others.
  const lane = async () => {
    for await (const thing of things) await work(thing)
  }
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane))
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason
}
