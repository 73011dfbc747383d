import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { percentOf, type Report, scoresOf, surplusOf, survivorsOf, timedOutIn } from './report.ts'
import { SCOPES } from './scopes.ts'
import { SURVIVORS } from './survivors.ts'

/** The least share of mutants that must be detected, in percent. */
const LEAST_SCORE = 97

const root = fileURLToPath(new URL('../..', import.meta.url))
const stryker = 'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js'
const folder = '.results/mutation'

const isFolder = (path: string) => statSync(`${root}${path}`, { throwIfNoEntry: false })?.isDirectory()

/** Changes the code of one part, and returns StrykerJS's report. It tries again only what has changed since the last run. */
function reportOf(name: string, more: readonly string[]): Report {
  const { code, tests } = SCOPES[name] ?? { code: [], tests: [] }
  const config = JSON.parse(readFileSync(`${root}test/mutation/stryker.config.json`, 'utf8'))
  const file = `${folder}/${name}`
  mkdirSync(`${root}${folder}`, { recursive: true })
  writeFileSync(
    `${root}${file}.config.json`,
    JSON.stringify({
      ...config,
      mutate: [
        ...code.map((path) => (isFolder(path) ? `${path}/**/*.{js,ts}` : `${path}.ts`)),
        ...config.mutate,
      ],
      incrementalFile: `${file}.incremental.json`,
      jsonReporter: { fileName: `${file}.json` },
      tempDirName: `${file}.sandbox`,
    }),
  )
  const files = tests.map((path) => (isFolder(path) ? `${path}/**/*.test.ts` : `${path}.test.ts`))
  const { status } = spawnSync(process.execPath, [stryker, 'run', `${file}.config.json`, ...more], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MUTATION_TESTS: JSON.stringify(files) },
  })
  if (status !== 0) process.exit(status ?? 1)
  return JSON.parse(readFileSync(`${root}${file}.json`, 'utf8'))
}

// Without a name, all parts. More arguments are StrykerJS's, such as `--force`, which tries all changes again.
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const more = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const unknown = parts.filter((name) => !Object.hasOwn(SCOPES, name))
if (unknown.length > 0) throw new Error(`Parts are: ${Object.keys(SCOPES).join(', ')}.`)
const names = parts.length > 0 ? parts : Object.keys(SCOPES)
const report: Report = { files: Object.assign({}, ...names.map((name) => reportOf(name, more).files)) }

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
