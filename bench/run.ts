import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem, version } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { startStandIn } from './aws.ts'
import { buildBundles, readService } from './bundles.ts'
import { chart } from './chart.ts'
import { holdCpu } from './held-cpu.ts'
import { type Bench, measure } from './measure.ts'
import { isOver, sizeRows, table, timeRows, withoutBudgets } from './report.ts'

// Measures what the functions cost, compares it with their budgets, prints a table and draws docs/performance.svg.
const ROUNDS = 25
const HELD_ROUNDS = 15
const TOKENS = 2_000

/** Share of a vCPU that a function of 512 MB has; 1,769 MB are a whole one ("Configure Lambda function memory", AWS). */
const HELD_SHARE = 512 / 1769

const root = fileURLToPath(new URL('..', import.meta.url))

function describeMachine(): string {
  const osRelease = '/etc/os-release'
  const { PRETTY_NAME = version() } = existsSync(osRelease) ? parseEnv(readFileSync(osRelease, 'utf8')) : {}
  const [cpu] = cpus()
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  const load = loadavg()[0]?.toFixed(1)
  return `${cpus().length} × ${cpu?.model.trim()}, ${memoryGiB} GiB, ${PRETTY_NAME}, Node ${process.version}, load ${load} at the start`
}

console.log(`${describeMachine()}\n`)
const service = readService()
const folder = `${root}.results/bench`
const bundles = await buildBundles(service, '.results/bench')
const standIn = await startStandIn(service, TOKENS)
const held = holdCpu(HELD_SHARE)
try {
  const bench: Bench = { bundles, standIn, timeoutSeconds: service.provider.timeout, folder }

  const rows = [...sizeRows(bundles), ...timeRows(await measure(bench, ROUNDS))]
  console.log(table(rows))

  const percent = Math.round(HELD_SHARE * 100)
  const heldRows = held ? withoutBudgets(timeRows(await measure(bench, HELD_ROUNDS, held))) : []
  console.log(
    held
      ? `\nWith ${percent} % of a CPU:\n\n${table(heldRows)}`
      : `\nSkipped the run with ${percent} % of a CPU: this machine does not allow a control group.`,
  )

  writeFileSync(`${root}docs/performance.svg`, chart(rows, heldRows, HELD_SHARE))
  if (rows.some(isOver)) process.exitCode = 1
} finally {
  held?.release()
  standIn.stop()
}
