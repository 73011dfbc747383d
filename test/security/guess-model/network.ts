import { setImmediate as settle } from 'node:timers/promises'
import type { AwsCall } from '../../../lib/aws/client.ts'
import { failure } from '../../../lib/aws/failure.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { type Output, REFUSED } from './table.ts'

/** As in `lib/aws/client.ts`. */
const MAX_ATTEMPTS = 3

/** Returns numbers from 0 up to 1 that depend on nothing but the seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const unavailable = (cause: string) =>
  new ServiceError('unavailable', 'the call failed', { cause: failure(cause, 'model') })

/**
 * Creates a network between callers and a table. Calls that are under way arrive in any order. At the rate of faults
 * they are throttled, lose their response, or arrive a second time, late. The caller sends them again as the client does.
 *
 * @param random - Decides about the order and the faults.
 * @param arrive - Makes a call of the table.
 */
export function createNetwork(
  random: () => number,
  faultRate: number,
  arrive: (...call: Parameters<AwsCall>) => Output,
) {
  const underWay: (() => void)[] = []

  const aws: AwsCall = (...call) =>
    new Promise((resolve, reject) => {
      const send = (attempt: number) => {
        const again = (cause: string) =>
          attempt === MAX_ATTEMPTS ? reject(unavailable(cause)) : send(attempt + 1)
        underWay.push(() => {
          if (random() >= faultRate) {
            const output = arrive(...call)
            if (output === REFUSED) reject(unavailable('ConditionalCheckFailedException'))
            else resolve(output)
            return
          }
          const fault = Math.floor(random() * 3)
          if (fault === 1) arrive(...call)
          if (fault === 2) underWay.push(() => void arrive(...call))
          again(fault === 0 ? 'ThrottlingException' : 'TimeoutError')
        })
      }
      send(1)
    })

  return {
    aws,
    /** Lets one of the calls that are under way arrive. Returns whether there was one. */
    async step(): Promise<boolean> {
      await settle()
      const [next] = underWay.splice(Math.floor(random() * underWay.length), 1)
      next?.()
      return next !== undefined
    },
  }
}
