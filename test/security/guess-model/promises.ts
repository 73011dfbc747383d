import type { Counter } from '../../../lib/throttling/counter.ts'
import { keyOf, type Schedule, type Verdict } from './model.ts'

/** Returns the promises that a schedule broke. */
export function brokenPromises(schedule: Schedule): string[] {
  return [
    ...uncountedVerdicts(schedule),
    ...tooManyWrongVerdicts(schedule),
    ...tooManyOfOneSource(schedule),
    ...attemptsCountedTwice(schedule),
  ]
}

/** An attempt is in each of its counters before its password is verified. */
function uncountedVerdicts({ verdicts, additions }: Schedule): string[] {
  return verdicts.flatMap(({ attempt, at }) => {
    const before = additions.slice(0, at).filter(({ id }) => id === attempt.id)
    const missing = attempt.counters.filter(({ key }) => !before.some((added) => added.key === keyOf(key)))
    return missing.map(({ key }) => `a verdict came before its place in ${keyOf(key)}`)
  })
}

/**
 * At most the limit of wrong verdicts leave for each counter and window. In a pair it is the limit for the attempts that
 * were added between two sign-ins.
 */
function tooManyWrongVerdicts({ verdicts, additions }: Schedule): string[] {
  return countersOf(verdicts).flatMap(([counter, isPair]) => {
    const key = keyOf(counter.key)
    const own = verdicts.filter(({ attempt }) => attempt.counters.some((each) => keyOf(each.key) === key))
    const signIns = isPair ? own.filter(({ completes }) => completes).map(({ at }) => at) : []
    const added = own
      .filter(({ isCorrect }) => !isCorrect)
      .map(({ attempt }) =>
        additions.findIndex((addition) => addition.key === key && addition.id === attempt.id),
      )
    return [0, ...signIns].flatMap((from, index) => {
      const to = signIns[index] ?? Number.POSITIVE_INFINITY
      const count = added.filter((at) => at >= from && at < to).length
      return count > counter.maxAttempts ? [`${count} wrong verdicts in ${key}`] : []
    })
  })
}

function countersOf(verdicts: readonly Verdict[]): [counter: Counter, isPair: boolean][] {
  const all = verdicts.flatMap(({ attempt: { counters } }) =>
    counters.map((counter, index) => [keyOf(counter.key), [counter, index === 0]] as const),
  )
  return [...new Map(all).values()] as [Counter, boolean][]
}

/** A source adds at most the limit of its pair to a subject's counter. A sign-in lets it add as many again. */
function tooManyOfOneSource({ verdicts, additions }: Schedule): string[] {
  const isPair = (key: string) => /attempts#\d+\./.test(key)
  const pairs = new Map(additions.filter(({ key }) => isPair(key)).map(({ id, key }) => [id, key]))
  const subjects = additions.filter(({ key }) => !key.startsWith('source#') && !isPair(key))
  return subjects.flatMap(({ key, id, ids }) => {
    const pair = pairs.get(id)
    const count = ids.filter((each) => pairs.get(each) === pair).length
    const correct = verdicts.filter(
      ({ isCorrect, attempt: { counters } }) => isCorrect && keyOf(counters[0].key) === pair,
    )
    return count > 3 * (1 + correct.length) ? [`${count} attempts of one source in ${key}`] : []
  })
}

/** An attempt has one id, however often its additions are sent. */
function attemptsCountedTwice({ requests, additions }: Schedule): string[] {
  const ids = new Set(additions.map(({ id }) => id)).size
  return ids > requests ? [`${ids} ids of ${requests} attempts`] : []
}
