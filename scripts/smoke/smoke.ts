import { mailKey } from '../../lib/mail/store.ts'
import { deleteItems } from '../../lib/operators/removal.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { CHECKS } from './checks/checks.ts'
import { EVENT_CHECKS } from './checks/events.ts'
import type { Target } from './target.ts'
import { endSmokeApi } from './visit/api.ts'
import { endSmokeClient } from './visit/client.ts'
import { clientOf } from './visit/responses.ts'
import { endSmokeUser, withSmokeUser } from './visit/user.ts'
import { Skip, type Visit } from './visit/visit.ts'

/**
 * Longest waits: for a response, with a cold start; for the log, which arrives later than the response; for a mail, which Lambda tries
 * again after a minute.
 */
const LIMITS = { responseMs: 10_000, logMs: 60_000, mailMs: 90_000 }

type State = 'ok' | 'failed' | 'skipped'

/**
 * Tests a service by all checks, as a user who exists during the test only. Prints one line for each check.
 *
 * @throws {@link Refusal} `refused`, if a check failed. `interrupted`, if the operator pressed Ctrl-C.
 */
export async function smoke(
  { url, table, option, log, rpOrigin, stream }: Target,
  io: Io,
  limits = LIMITS,
): Promise<void> {
  const interruption = io.interruption()
  const print = (line: string) => void io.stdout.write(`${line}\n`)
  const begun = io.now()
  const outcomes = await withSmokeUser(table, option, begun, async (user) => {
    print(`Testing ${url} as ${user.username}.`)
    const send = clientOf(url, limits.responseMs, interruption)
    const { logMs, mailMs } = limits
    const given = {
      send,
      table,
      user,
      realm: table.name,
      rpOrigin,
      stream,
      log,
      logMs,
      mailMs,
      begun,
      interruption,
    }
    const visit: Visit = { ...given, mailIds: [], clients: [] }
    try {
      return await runChecks(visit, print)
    } finally {
      await removeAll(visit, option)
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

/**
 * Removes what the checks have stored, but for the first user.
 *
 * @throws {@link Refusal} of the first removal that failed. The others are made.
 */
async function removeAll({ table, clients, api, guest, mailIds }: Visit, option: string): Promise<void> {
  const removals = [
    ...clients.map((client) => () => endSmokeClient(table, client, option)),
    ...(api ? [() => endSmokeApi(table, api, option)] : []),
    ...(guest ? [() => endSmokeUser(table, guest, option, guest.isCertain)] : []),
    () => deleteItems(table, mailIds.map(mailKey)),
  ]
  const refusals: unknown[] = []
  // The scope of an API is free when no client has it.
  for (const remove of removals) await remove().catch((error: unknown) => refusals.push(error))
  if (refusals.length > 0) throw refusals[0]
}

async function runChecks(visit: Visit, print: (line: string) => void): Promise<State[]> {
  const outcomes: State[] = []
  const checks = { ...CHECKS, ...(visit.stream !== undefined && EVENT_CHECKS) }
  for (const [name, run] of Object.entries(checks)) {
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
