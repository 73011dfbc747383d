import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { CHECKS } from './checks.ts'
import { endSmokeClient } from './client.ts'
import { clientOf } from './responses.ts'
import type { Target } from './target.ts'
import { withSmokeUser } from './user.ts'
import { Skip, type Visit } from './visit.ts'

/** Longest waits: for a response, with a cold start; for the log, which arrives later than the response. */
const LIMITS = { responseMs: 10_000, logMs: 60_000 }

type State = 'ok' | 'failed' | 'skipped'

/**
 * Tests a service by all checks, as a user who exists during the test only. Prints one line for each check.
 *
 * @throws {@link Refusal} `refused`, if a check failed. `interrupted`, if the operator pressed Ctrl-C.
 */
export async function smoke(
  { url, table, option, log, rpOrigin }: Target,
  io: Io,
  limits = LIMITS,
): Promise<void> {
  const interruption = io.interruption()
  const print = (line: string) => void io.stdout.write(`${line}\n`)
  const begun = io.now()
  const outcomes = await withSmokeUser(table, option, begun, async (user) => {
    print(`Testing ${url} as ${user.username}.`)
    const send = clientOf(url, limits.responseMs, interruption)
    const { logMs } = limits
    const visit: Visit = { send, table, user, realm: table.name, rpOrigin, log, logMs, begun, interruption }
    try {
      return await runChecks(visit, print)
    } finally {
      if (visit.client) await endSmokeClient(table, visit.client, option)
    }
  })
  if (interruption.aborted) throw new Refusal('interrupted', 'Interrupted. The user was removed.')
  const count = (state: State) => outcomes.filter((outcome) => outcome === state).length
  const skipped = count('skipped') > 0 ? ` ${count('skipped')} skipped.` : ''
  if (count('failed') > 0) {
    throw new Refusal('refused', `${count('failed')} of ${outcomes.length} checks failed.${skipped}`)
  }
  print(`${count('ok')} checks passed.${skipped} The user was removed.`)
}

async function runChecks(visit: Visit, print: (line: string) => void): Promise<State[]> {
  const outcomes: State[] = []
  for (const [name, run] of Object.entries(CHECKS)) {
    const startMs = performance.now()
    const error: Error | undefined = await run(visit).then(
      () => undefined,
      (thrown) => thrown,
    )
    if (visit.interruption.aborted) break
    const state = error === undefined ? 'ok' : error instanceof Skip ? 'skipped' : 'failed'
    const ms = state === 'skipped' ? '' : `${Math.round(performance.now() - startMs)} ms`
    const reason = error === undefined ? '' : `: ${error.message.replace(/\s+/g, ' ')}`
    print(`${state.padEnd(7)} ${ms.padStart(8)}  ${name}${reason}`)
    outcomes.push(state)
  }
  return outcomes
}
