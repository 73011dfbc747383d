import { thumbprintOf } from '../../../lib/sessions/device/thumbprint.ts'
import { isRenewal } from '../../security/interleave/facts.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import type { Report } from './acts.ts'

type Input = Attempt['input']

/** A session after a write. */
export interface State {
  /** The thumbprint of its key. */
  key: string | undefined
  challenge: string | undefined
  isEnded: boolean
  /** Counts the sign-ins of the session in the schedule. */
  signIn: number
  /** The step of the write, and its operation; -1 for the state before the schedule. */
  step: number
  by: number
  write: 'sign-in' | 'end' | 'key' | 'other'
}

/** A write that binds a session, or uses a challenge, and the state before it. */
export interface Use {
  by: number
  key: string
  challenge: string
  next: string
  before: State
}

export interface Facts {
  /** Returns the state of a session at a step. What a write does follows from its kind, not from its values, which may be the fault. */
  at(id: string, step: number): State
  uses: readonly Use[]
  /** Whether an operation wrote a session, other than its key. */
  writes: readonly (State & { id: string })[]
  /** Returns the step of the latest answered read of a session by an operation. */
  readAt(id: string, by: number): number | undefined
}

/** Returns what the writes of a schedule must have led to. */
export function factsOf(first: ReadonlyMap<string, State>, { arrivals }: History<Report>): Facts {
  const states = new Map([...first].map(([id, state]) => [id, [state]]))
  const uses: Use[] = []
  const writes: (State & { id: string })[] = []
  const at = (id: string, step: number) =>
    (states.get(id) ?? []).findLast((state) => state.step <= step) ?? NONE
  for (const arrival of appliedIn(arrivals)) {
    for (const [kind, write] of writesOf(arrival)) {
      const id = sessionIn(write)
      if (id === undefined) continue
      const before = at(id, arrival.step)
      const { step, by } = arrival
      const after = { ...before, ...changesOf(kind, write, before), step, by }
      if (after.write === 'key') {
        const { ':read': read, ':next': next } = write.ExpressionAttributeValues
        uses.push({ by, key: after.key ?? '', challenge: read.S, next: next.S, before })
      } else writes.push({ ...after, id })
      states.set(id, [...(states.get(id) ?? []), after])
    }
  }
  return {
    at,
    uses,
    writes,
    readAt: (id, by) =>
      arrivals.findLast((one) => one.by === by && one.isDone && one.isAnswered && reads(one, id))?.step,
  }
}

const NONE: State = {
  key: undefined,
  challenge: undefined,
  isEnded: true,
  signIn: 0,
  step: -1,
  by: -1,
  write: 'other',
}

const sessionIn = ({ Key, Item }: Input): string | undefined => /^session#(.+)$/.exec((Key ?? Item).sk.S)?.[1]

function changesOf(kind: string, write: Input, { signIn }: State): Partial<State> {
  const { UpdateExpression = '', ExpressionAttributeValues: values = {} } = write
  if (kind === 'Put') {
    return { key: undefined, challenge: write.Item.deviceChallenge?.S, isEnded: false, write: 'sign-in' }
  }
  if (isRenewal(write)) {
    return { key: undefined, challenge: values[':deviceChallenge']?.S, signIn: signIn + 1, write: 'sign-in' }
  }
  if (/endedAt = /.test(UpdateExpression)) return { isEnded: true, write: 'end' }
  if (':device' in values) {
    return { key: thumbprintOf(values[':device'].S), challenge: values[':next'].S, write: 'key' }
  }
  return { write: 'other' }
}

const reads = ({ operation, input }: Arrival, id: string): boolean =>
  operation === 'BatchGetItem' &&
  Object.values(input.RequestItems).some((request) =>
    Object(request).Keys.some((key: Input) => key.sk.S === `session#${id}`),
  )
