import { failure } from '../../../lib/aws/failure.ts'
import { type Attempt, type Response, wiring } from '../aws/gate.ts'
import { type Arrival, describe, type End, type History } from './history.ts'

/** A possible next step: of which kind, and of which operation. */
export interface Move {
  kind: Kind
  by: number
  /** The request that arrives or meets a fault. */
  attempt?: Attempt
  /** Counts the requests of its operation, from 1. */
  request?: number
}

/** The choice that leaves an order which was taken before. */
export const LEAVE = -1

/** Chooses one of the possible next steps. Returns its index, or {@link LEAVE}. */
export type Choose = (moves: readonly Move[]) => number
export type Kind = 'begin' | 'pass' | 'land' | (typeof FAULTS)[number]

/**
 * Faults of a request: it is lost; it arrives and its response is lost; it arrives later than its sender waits; or a
 * second copy of it arrives later.
 */
const FAULTS = ['lost', 'unanswered', 'late', 'twice'] as const

/** An operation. It begins when it is chosen to, but not before another one has ended, if it names one. */
export interface Operation<T> {
  after?: number
  run(): Promise<T>
}

interface Options {
  /** How many requests may meet a fault. */
  maxFaults: number
  /** Requests that need no order, because they touch nothing that other operations read. */
  isFree?: (attempt: Attempt) => boolean
}

/** A request that waits at the gate. */
interface Held {
  by: number
  attempt: Attempt
  request: number
  answer(response: Response): void
  fail(error: Error): void
}

export const isWrite = ({ operation }: Attempt) => /^(Put|Update|Delete|Transact)/.test(operation)
const lost = () => failure('ECONNREFUSED', 'the request is lost')
const timeout = () => failure('TimeoutError', 'no response in time')

/**
 * Runs operations, and lets their requests reach AWS one at a time, in a chosen order.
 *
 * @returns What happened, when all have ended and every late request has arrived. `undefined` if the order was left: then no
 *   further request reached AWS.
 */
export async function run<T>(
  operations: readonly Operation<T>[],
  choose: Choose,
  { maxFaults, isFree = () => false }: Options,
): Promise<History<T> | undefined> {
  const arrivals: Arrival[] = []
  const trace: string[] = []
  const ends: End<T>[] = operations.map(() => ({ began: 0, ended: 0 }))
  const waiting = new Set(operations.keys())
  const ended = new Set<number>()
  const held = new Set<Held>()
  const late = new Set<Held>()
  let running = 0
  let sending = 0
  let faults = 0
  let isLeft = false

  function begin(by: number) {
    waiting.delete(by)
    running += 1
    let requests = 0
    const end = ends[by] as End<T>
    end.began = trace.length
    const gate = (attempt: Attempt) => {
      if (isLeft) return Promise.reject(lost())
      return isFree(attempt)
        ? arrive({ by, attempt }, false, true)
        : new Promise<Response>((answer, fail) => {
            requests += 1
            held.add({ by, attempt, request: requests, answer, fail })
          })
    }
    const work = wiring.gates.run(gate, async () => operations[by]?.run() as T)
    const finish = () => {
      running -= 1
      end.ended = trace.length
      ended.add(by)
    }
    work.then(
      (value) => {
        end.value = value
        finish()
      },
      (error) => {
        end.error = error
        finish()
      },
    )
  }

  async function arrive({ by, attempt }: Pick<Held, 'by' | 'attempt'>, isLate: boolean, isAnswered: boolean) {
    sending += 1
    const response = await attempt.send().finally(() => {
      sending -= 1
    })
    const { operation, input } = attempt
    const isDone = response.status === 200
    arrivals.push({ step: trace.length, by, operation, input, isDone, isLate, isAnswered, response })
    return response
  }

  async function release(one: Held, kind: Kind) {
    held.delete(one)
    if (kind === 'lost') return one.fail(lost())
    if (kind === 'late') {
      late.add(one)
      return one.fail(timeout())
    }
    const response = await arrive(one, false, kind !== 'unanswered')
    if (kind === 'twice') late.add(one)
    if (kind === 'unanswered') one.fail(timeout())
    else one.answer(response)
  }

  for (;;) {
    await settle(() => sending === 0 && wiring.computing === 0 && (held.size > 0 || running === 0))
    if (isLeft && running === 0) return undefined
    const moves: (Move & { what: string; make(): unknown })[] = []
    for (const by of waiting) {
      const { after } = operations[by] as Operation<T>
      const isDue = after === undefined || ended.has(after)
      if (isDue) moves.push({ kind: 'begin', by, what: '', make: () => begin(by) })
    }
    for (const one of held) {
      const kinds: Kind[] = ['pass']
      if (faults < maxFaults)
        kinds.push('lost', 'unanswered', ...(isWrite(one.attempt) ? FAULTS.slice(2) : []))
      const what = describe(one.attempt)
      for (const kind of kinds) moves.push({ ...one, kind, what, make: () => release(one, kind) })
    }
    for (const one of late) {
      const make = () => late.delete(one) && arrive(one, true, false)
      moves.push({ ...one, kind: 'land', what: describe(one.attempt), make })
    }
    if (moves.length === 0) return { arrivals, ends, trace }
    const chosen = choose(moves)
    if (chosen === LEAVE) {
      isLeft = true
      for (const one of held) one.fail(lost())
      held.clear()
      waiting.clear()
      continue
    }
    const move = moves[chosen]
    if (move === undefined) throw new Error('the choice is not one of the steps')
    if (FAULTS.some((kind) => kind === move.kind)) faults += 1
    trace.push(`${move.by} ${move.kind} ${move.what}`)
    await move.make()
  }
}

/** Waits until the operations have done all they can do before the next step. */
async function settle(isSettled: () => boolean): Promise<void> {
  const beginMs = performance.now()
  for (let turns = 0; turns < 2; turns = isSettled() ? turns + 1 : 0) {
    await new Promise(setImmediate)
    if (performance.now() - beginMs > 20_000) throw new Error('an operation waits for something else')
  }
}
