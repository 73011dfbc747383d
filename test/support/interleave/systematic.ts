import { areDependent } from './dependence.ts'
import { type Choose, LEAVE, type Move } from './schedule.ts'

/** A step at which several moves were possible. */
interface Fork {
  /** Moves left to take here: the first of them is the present one. */
  left: Move[]
  /** Moves that need not be taken next. Orders that begin with them were taken before. */
  asleep: Move[]
}

/**
 * Returns one choice after the other, until every order has been taken once that may differ in its outcome: depth first,
 * each time with another move at the last fork that has one left. Operations begin at once.
 *
 * Two orders have the same outcome if they differ only in neighbours that touch no common item, or only read it. Sleep
 * sets leave out such an order (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996).
 *
 * @param isOrderRelevant - Whether the outcome may depend on which of two moves comes first.
 */
export function* exhaustively(isOrderRelevant = areDependent): Generator<Choose> {
  const path: Fork[] = []
  do {
    let depth = 0
    let asleep: Move[] = []
    yield (moves) => {
      const beginning = moves.findIndex(({ kind }) => kind === 'begin')
      if (beginning >= 0) return beginning
      const isAwake = (move: Move) => !asleep.some((other) => isSame(move, other))
      path[depth] ??= { left: moves.filter(isAwake), asleep }
      const fork = path[depth] as Fork
      depth += 1
      const [move] = fork.left
      // If all moves are asleep, every order from here on was taken before.
      if (move === undefined) return LEAVE
      asleep = fork.asleep.filter((other) => !isOrderRelevant(other, move))
      return moves.findIndex((other) => isSame(move, other))
    }
    path.length = depth
    while (path.length > 0 && (path.at(-1)?.left.length ?? 0) < 2) path.pop()
    const fork = path.at(-1)
    const taken = fork?.left.shift()
    if (taken) fork?.asleep.push(taken)
  } while (path.length > 0)
}

/** Whether two moves are the same one, in two runs that were equal so far. */
const isSame = (one: Move, other: Move): boolean =>
  one.kind === other.kind && one.by === other.by && one.request === other.request

/**
 * Returns one choice after the other: first the order without a deviation, then all with one, then all with two, and so
 * on. Without a deviation, each operation runs to its end without a fault, and late requests land last. A deviation
 * lets another operation continue, begins one earlier, lands a late request, or gives a request a fault.
 */
export function* fewestDeviationsFirst(maxOrders: number): Generator<Choose> {
  const orders: ReadonlyMap<number, number>[] = [new Map()]
  for (let order = 0; order < Math.min(maxOrders, orders.length); order += 1) {
    const deviations = orders[order] ?? new Map()
    const steps: { usual: number; count: number }[] = []
    let last: Move | undefined
    yield (moves) => {
      const usual = usualOf(moves, last)
      const chosen = deviations.get(steps.length) ?? usual
      steps.push({ usual, count: moves.length })
      last = moves[chosen]
      return chosen
    }
    const first = Math.max(-1, ...deviations.keys()) + 1
    for (const [step, { usual, count }] of steps.entries()) {
      if (step < first) continue
      for (let move = 0; move < count; move += 1) {
        if (move !== usual) orders.push(new Map([...deviations, [step, move]]))
      }
    }
  }
}

/** Returns the index of the move without a deviation: the last operation continues, or the one after it begins. */
function usualOf(moves: readonly Move[], last: Move | undefined): number {
  const preferences: ((move: Move) => boolean)[] = [
    ({ kind, by }) => kind === 'pass' && by === last?.by,
    ({ kind, by }) => kind === 'begin' && by - 1 === last?.by,
    ({ kind }) => kind === 'pass',
    ({ kind }) => kind === 'begin',
  ]
  const indexes = preferences.map((isPreferred) => moves.findIndex(isPreferred))
  return indexes.find((index) => index >= 0) ?? 0
}
