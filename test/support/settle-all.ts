/**
 * Waits for all promises, then returns their values or throws the first failure. `Promise.all` leaves the others running, in
 * the next test or file.
 */
export async function settleAll<T>(promises: Iterable<Promise<T>>): Promise<T[]> {
  const all = [...promises]
  await Promise.allSettled(all)
  return Promise.all(all)
}
