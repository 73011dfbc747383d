import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { median } from './process.ts'

// Runs suites of tests, and prints what each takes as a multiple of one password hash of the same minutes, so that machines
// compare. `npm run times -- test:unit` runs one of them.
const HASHES = 30
const ROUNDS = 3

/** A suite, and the most seconds that it should take for each millisecond of a hash. More is printed, and fails nothing. */
const SUITES: Record<string, { command: string; budget: number; rounds: number }> = {
  'test:unit': { command: 'npm run test:unit', budget: 0.9, rounds: ROUNDS },
  test: { command: 'npm test', budget: 4.2, rounds: ROUNDS },
  ci: { command: '.ci/run', budget: 110, rounds: 1 },
}

const cwd = fileURLToPath(new URL('..', import.meta.url))

/** Returns the milliseconds of some hashes, one after the other. */
async function timeHashesMs(): Promise<number[]> {
  const times: number[] = []
  while (times.length < HASHES) {
    const beganMs = performance.now()
    await hashPassword('correct horse battery staple', randomBytes(SALT_BYTES))
    times.push(performance.now() - beganMs)
  }
  return times
}

/** Runs a suite once. */
async function run(command: string) {
  const before = await timeHashesMs()
  const beganMs = performance.now()
  const { status } = spawnSync(command, { cwd, shell: true, stdio: ['ignore', 'ignore', 'inherit'] })
  const seconds = (performance.now() - beganMs) / 1_000
  if (status !== 0) throw new Error(`${command} failed`)
  const hashMs = median([...before, ...(await timeHashesMs())])
  return { seconds, hashMs, ratio: seconds / hashMs }
}

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUITES)) {
  const suite = SUITES[name]
  if (suite === undefined) throw new Error(`no suite ${name}: ${Object.keys(SUITES).join(', ')}`)
  const runs: Awaited<ReturnType<typeof run>>[] = []
  while (runs.length < suite.rounds) runs.push(await run(suite.command))
  const { seconds, hashMs, ratio } = runs.toSorted((a, b) => a.ratio - b.ratio)[
    suite.rounds >> 1
  ] as (typeof runs)[number]
  console.log(
    `${suite.command}: ${ratio.toFixed(2)} s for each millisecond of a hash, at most ${suite.budget} (${seconds.toFixed(0)} s, a hash ${hashMs.toFixed(1)} ms)`,
  )
}
