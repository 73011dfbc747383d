import { vi } from 'vitest'
import type { Call, Fate, Target, Wire } from './wire.ts'

/** A call is denied, throttled, or executed with its response lost; or AWS does not respond in the second that a call has. */
export const OUTAGES: Record<string, Fate> = {
  fails: 'refuse',
  'is throttled': 'throttle',
  hangs: 'cut within',
  'loses its response': 'cut after',
}

/**
 * Makes one call meet an outage at all of its attempts. The clock is a fake one.
 *
 * @param what - One of {@link OUTAGES}.
 * @returns A function that returns the call, once it has been made.
 */
export function strike(wire: Wire, { label, index }: Target, what: string): () => Call | undefined {
  let before = 0
  let struck: Call | undefined
  wire.intercept((call) => {
    if (call.body !== struck?.body) {
      if (struck !== undefined || call.label !== label) return 'pass'
      before += 1
      if (before <= index) return 'pass'
      struck = call
    }
    // As long as a call waits for a response.
    if (what === 'hangs') vi.setSystemTime(Date.now() + 1_000)
    return OUTAGES[what] ?? 'pass'
  })
  return () => struck
}
