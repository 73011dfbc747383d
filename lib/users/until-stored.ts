import { ServiceError } from '../errors.ts'

/** Attempts of a change, if concurrent changes of the user come first. */
const MAX_ATTEMPTS = 5

/**
 * Repeats a change until it is stored or there is nothing to change, at most 5 times.
 *
 * @param change - Reads the user, changes it, and returns the result, or `undefined` if a concurrent
 *   change came first.
 * @throws {@link ServiceError} `unavailable`, also after 5 concurrent changes.
 */
export async function untilStored<T>(change: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const result = await change()
    if (result !== undefined) return result
  }
  throw new ServiceError('unavailable', 'the user kept changing')
}
