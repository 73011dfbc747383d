import type { Call, Fate, Target } from '../support/aws/wire.ts'

/** A fault of one write. */
export interface Fault {
  /** Decides about every call of the request. */
  decide(call: Call): Fate | Promise<Fate>
  /** Whether the request waits for the write until it arrives. */
  isHeld: boolean
  /** Whether the write has taken effect before it arrives. */
  isRepeated: boolean
  /** Makes what is left of the write arrive now. */
  arrive(): Promise<unknown>
  /** The write, once the request has made it. */
  reached: Promise<Call>
}

function faultOf(target: Target, strike: (call: Call, isFirst: boolean) => Fate | Promise<Fate>) {
  const reached = Promise.withResolvers<Call>()
  let before = 0
  let first: Call | undefined
  const decide = (call: Call) => {
    if (call.label !== target.label || (first !== undefined && first.body !== call.body)) return 'pass'
    if (first === undefined && before < target.index) {
      before += 1
      return 'pass'
    }
    const isFirst = first === undefined
    first ??= call
    reached.resolve(call)
    return strike(call, isFirst)
  }
  return { decide, reached: reached.promise, again: async () => (await reached.promise).send() }
}

/** What happens to one write of a request while another request follows. */
export const LATE: Record<string, (target: Target) => Fault> = {
  'arrives after the next request': (target) => {
    const release = Promise.withResolvers<Fate>()
    const fault = faultOf(target, () => release.promise)
    return { ...fault, isHeld: true, isRepeated: false, arrive: async () => release.resolve('pass') }
  },
  'is sent again after a lost answer, and arrives a third time later': (target) => {
    const fault = faultOf(target, (_, isFirst) => (isFirst ? 'cut after' : 'pass'))
    return { ...fault, isHeld: false, isRepeated: true, arrive: fault.again }
  },
  'fails at every attempt, and arrives all the same': (target) => {
    const fault = faultOf(target, () => 'cut before')
    return { ...fault, isHeld: false, isRepeated: false, arrive: fault.again }
  },
}
