/**
 * Waits for concurrent steps until each has ended, also if one fails.
 *
 * A function that responds while a call is under way would be frozen in the middle of it.
 *
 * @returns The results, in the order of the steps.
 * @throws What the first failed step threw.
 */
export async function together<T extends readonly unknown[]>(
  steps: readonly [...{ [I in keyof T]: Promise<T[I]> | T[I] }],
): Promise<T> {
  const ended: PromiseSettledResult<unknown>[] = await Promise.allSettled(steps)
  const failed = ended.find((step) => step.status === 'rejected')
  if (failed) throw failed.reason
  return (await Promise.all(steps)) as unknown as T
}
