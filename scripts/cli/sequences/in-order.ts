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
