/**
 * Waits for concurrent steps until each has ended, also if one fails.
 *
 * If a function responded during a call, Lambda would freeze it in the middle of that call.
 *
 * @returns The results, in the order of the steps.
 * @throws The error of the first failed step.
 */
export async function together<T extends readonly unknown[]>(
  steps: readonly [...{ [I in keyof T]: Promise<T[I]> | T[I] }],
): Promise<T> {
  const ended: PromiseSettledResult<unknown>[] = await Promise.allSettled(steps)
  const failed = ended.find((step) => step.status === 'rejected')
  if (failed) throw failed.reason
  return (await Promise.all(steps)) as unknown as T
}
