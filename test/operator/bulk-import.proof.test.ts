import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readyHash, startStore, temporaryFolder } from '../support/operator.ts'

const COUNT = 10_000

// The local store makes one transaction after another.
const TIMEOUT_MS = 180_000

test(
  'import adds 10,000 users with ready hashes, and a repeated import adds none',
  async () => {
    const store = await startStore()
    const file = join(temporaryFolder(), 'users.csv')
    const hash = readyHash()
    const rows = Array.from({ length: COUNT }, (_, index) => `user-${index},user,"${hash}"\n`)
    writeFileSync(file, `username,role,passwordHash\n${rows.join('')}`)

    const lines = Array.from({ length: COUNT / 1_000 }, (_, index) => `${index + 1},000 lines\n`).join('')
    const beganMs = performance.now()
    const first = await store.run(['import', file])
    console.log(`${COUNT} users imported in ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`)
    expect(first).toEqual({
      status: 0,
      stdout: `${COUNT} added, 0 already there, 0 invalid.\n`,
      stderr: lines,
    })
    expect(await store.run(['import', file])).toEqual({
      status: 0,
      stdout: `0 added, ${COUNT} already there, 0 invalid.\n`,
      stderr: lines,
    })
    // Each user has a profile and a name.
    expect(await store.items()).toHaveLength(2 * COUNT)
    await store.stop()
  },
  TIMEOUT_MS,
)
