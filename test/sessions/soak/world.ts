import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiResponse, Asking, Functions, Route } from '../../support/http/functions.ts'
import type { SoakUser } from './model.ts'
import type { Outcome } from './register.ts'

/** The functions under test, and what was seen of them. */
export interface World {
  functions: Functions
  /** Sends a request, and counts its response. Every status but the expected ones and 503 is a violation. */
  ask(user: SoakUser, route: Route, asking: Asking, expected: readonly number[]): Promise<ApiResponse>
  /** Counts an event. */
  count(name: string): void
  counts: Record<string, number>
  /** Records that a promise does not hold. */
  violate(what: string): void
  violations: string[]
  isOver(): boolean
}

/** More of them would only repeat. */
const MAX_VIOLATIONS = 50

export function world(functions: Functions, isOver: () => boolean): World {
  const counts: Record<string, number> = {}
  const violations: string[] = []
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  const violate = (what: string) => {
    count('violations')
    if (violations.length < MAX_VIOLATIONS) violations.push(what)
  }
  return {
    functions,
    counts,
    violations,
    count,
    violate,
    isOver,
    async ask({ username, sourceIp }, route, asking, expected) {
      // A function that throws, or whose response is not described, is `500` at the gateway.
      const response = await functions.ask(route, { sourceIp, ...asking }).catch((error: Error) => {
        return { status: 500, headers: {}, text: error.message }
      })
      count(`${route} ${response.status}`)
      if (response.status !== 503 && !expected.includes(response.status)) {
        violate(
          `${username}: ${route} returns ${response.status} ${response.text}, not ${expected.join(' or ')}`,
        )
      }
      return response
    },
  }
}

/** Returns one of some values at random. Nothing if the list is empty. */
export const oneOf = <T>(values: readonly T[]): T | undefined => values[randomInt(Math.max(values.length, 1))]

/** Repeats an action with random pauses until the soak is over. */
export async function repeat(
  { isOver }: World,
  pauseMs: readonly [least: number, most: number],
  act: () => Promise<unknown>,
): Promise<void> {
  while (!isOver()) {
    await act()
    await sleep(randomInt(...pauseMs))
  }
}

/** Returns what a response without a body says about its change. */
export const outcomeOf = ({ status }: ApiResponse): Outcome => {
  if (status === 204) return 'done'
  return status === 503 ? 'unknown' : 'not done'
}
