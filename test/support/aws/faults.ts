import type { Call, Fate, Target, Wire } from './wire.ts'

/** A fault: what AWS does, and at how many attempts of a call. */
export interface Fault {
  what: string
  fate: Fate
  attempts: number
}

export const FAULTS: readonly Fault[] = [
  { what: 'is throttled once', fate: 'throttle', attempts: 1 },
  { what: 'fails once', fate: 'fail', attempts: 1 },
  { what: 'loses its response once', fate: 'cut after', attempts: 1 },
  { what: 'is denied', fate: 'refuse', attempts: 9 },
  { what: 'is throttled', fate: 'throttle', attempts: 9 },
  { what: 'fails', fate: 'fail', attempts: 9 },
  { what: 'gets no connection', fate: 'cut before', attempts: 9 },
  { what: 'loses every response', fate: 'cut after', attempts: 9 },
]

/** Makes one call meet a fault. @returns A function that returns the attempts that met it. */
export function strikeAttempts(
  wire: Wire,
  { label, index }: Target,
  { fate, attempts }: Pick<Fault, 'fate' | 'attempts'>,
): () => readonly Call[] {
  let seen = 0
  const struck: Call[] = []
  wire.intercept((call) => {
    if (call.label !== label) return 'pass'
    if (call.body !== struck[0]?.body) {
      seen += 1
      if (struck.length > 0 || seen !== index + 1) return 'pass'
    }
    if (struck.length >= attempts) return 'pass'
    struck.push(call)
    return fate
  })
  return () => struck
}
