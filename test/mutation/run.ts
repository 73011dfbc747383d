import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { percentOf, type Report, scoresOf, surplusOf, survivorsOf, timedOutIn } from './report.ts'
import { SURVIVORS } from './survivors.ts'

/** The least share of mutants that must be detected, in percent. */
const LEAST_SCORE = 97

const root = fileURLToPath(new URL('../..', import.meta.url))
const stryker = 'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js'

// More arguments are StrykerJS's, such as `--mutate lib/tokens/issue.ts` or `--force`.
const args = [stryker, 'run', 'test/mutation/stryker.config.json', ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const report: Report = JSON.parse(readFileSync(`${root}.results/mutation/report.json`, 'utf8'))
const scores = scoresOf(report)
for (const [folder, score] of scores) {
  const { detected, undetected } = score
  console.log(`${folder}: ${percentOf([score]).toFixed(1)} % of ${detected + undetected}`)
}
const score = percentOf(scores.values())
console.log(`All: ${score.toFixed(1)} %`)

const faults = score < LEAST_SCORE ? [`The score is below ${LEAST_SCORE} %.`] : []
const timedOut = timedOutIn(report)
for (const [file, changes] of survivorsOf(report)) {
  const listed = Object.values(SURVIVORS[file] ?? {}).flat()
  faults.push(...surplusOf(changes, listed).map((change) => `Not detected: ${file}: ${change}`))
  faults.push(
    ...surplusOf(listed, [...changes, ...(timedOut.get(file) ?? [])]).map(
      (change) => `Listed, but detected or gone: ${file}: ${change}`,
    ),
  )
}
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
