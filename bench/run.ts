import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem, version } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { startStandIn } from './aws.ts'
import { buildBundles, readService } from './bundles.ts'
import { chart } from './chart.ts'
import { withRun } from './document.ts'
import { holdCpu } from './held-cpu.ts'
import { type Bench, measure } from './measure.ts'
import { coldRows, excesses, type Row, sizeRows, table, warmRows, webRow, withoutBudgets } from './report.ts'
import { allCores, measureWeb, missingForWeb, OWN_CORE } from './web/measure.ts'

// Measures what the functions cost, compares it with their budgets, and prints a table. With `--write`, it also draws
// bench/performance.svg and replaces the run in bench/README.md.
const ROUNDS = 25
const HELD_ROUNDS = 15
const TOKENS = 2_000

/** Share of a vCPU that a function of 512 MB has; 1,769 MB are a whole one ("Configure Lambda function memory", AWS). */
const HELD_SHARE = 512 / 1769
const HELD_PERCENT = Math.round(HELD_SHARE * 100)

const root = fileURLToPath(new URL('..', import.meta.url))

function describeMachine(): string {
  const osRelease = '/etc/os-release'
  const { PRETTY_NAME = version() } = existsSync(osRelease) ? parseEnv(readFileSync(osRelease, 'utf8')) : {}
  const [cpu] = cpus()
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  const load = loadavg()[0]?.toFixed(1)
  return `${cpus().length} × ${cpu?.model.trim()}, ${memoryGiB} GiB, ${PRETTY_NAME}, Node ${process.version}, load ${load} at the start`
}

/** Returns the rows of GET /, with the server on one core, and with all processes on all cores. */
async function measureUncachedGet(bench: Bench): Promise<Row[]> {
  const missing = missingForWeb()
  if (missing !== undefined) {
    console.log(`Skipped GET / beside FastAPI: ${missing}\n`)
    return []
  }
  const own = webRow('server on its own core', await measureWeb(bench, OWN_CORE))
  return [own, webRow('on all cores', await measureWeb(bench, allCores()))]
}

const machine = describeMachine()
console.log(`${machine}\n`)
const service = readService()
const folder = `${root}.results/bench`
const bundles = await buildBundles(service, '.results/bench')
const standIn = await startStandIn(service, TOKENS)
const held = holdCpu(HELD_SHARE)
try {
  const bench: Bench = { bundles, standIn, timeoutSeconds: service.provider.timeout, folder }

  const medians = await measure(bench, ROUNDS)
  const uncachedGet = await measureUncachedGet(bench)
  const rows = [...sizeRows(bundles), ...coldRows(medians), ...warmRows(medians), ...uncachedGet]
  console.log(table(rows))

  const heldMedians = held && (await measure(bench, HELD_ROUNDS, held))
  const heldRows = heldMedians ? withoutBudgets([...coldRows(heldMedians), ...warmRows(heldMedians)]) : []
  console.log(
    held
      ? `\nWith ${HELD_PERCENT} % of a CPU:\n\n${table(heldRows)}`
      : `\nSkipped the run with ${HELD_PERCENT} % of a CPU: this machine does not allow a control group.`,
  )

  const over = excesses(rows)
  console.log(over.length === 0 ? '\nEverything is within its budget.' : `\nOver budget:\n${over.join('\n')}`)
  if (over.length > 0) process.exitCode = 1

  if (process.argv.includes('--write')) {
    writeFileSync(`${root}bench/performance.svg`, chart(rows, heldRows, HELD_SHARE))
    const page = `${root}bench/README.md`
    const run = {
      machine: `${machine}, ${new Date().toISOString().slice(0, 10)}`,
      rows,
      heldRows,
      heldPercent: HELD_PERCENT,
    }
    writeFileSync(page, withRun(readFileSync(page, 'utf8'), run))
  }
} finally {
  held?.release()
  standIn.stop()
}
