import '../support/process/real-argon2.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { text } from '../../lib/aws/dynamodb.ts'
import { readyHash, type Store, temporaryFolder, useStore } from '../support/process/operator.ts'

const COUNT = 10_000
const HEADER = 'username,role,passwordHash\n'

// The local store makes one transaction after another.
const TIMEOUT_MS = 180_000

test(
  'import adds 10,000 users with ready hashes, and a repeated import adds none',
  async () => {
    const store = await useStore()
    const file = join(temporaryFolder(), 'users.csv')
    const hash = readyHash()
    const rows = Array.from({ length: COUNT }, (_, index) => `user-${index},user,"${hash}"\n`)
    writeFileSync(file, HEADER + rows.join(''))

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

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `user-${from + index},user,"${readyHash()}"\n`).join('')

/** Returns the names of the users in the table, one per profile. */
const usernames = async (store: Store) =>
  (await store.items()).filter((item) => text(item, 'sk') === 'profile').map((item) => text(item, 'username'))

test('import that gets SIGKILL and runs again neither loses nor duplicates a user', async () => {
  const own = await useStore()
  onTestFinished(own.stop)
  const [first, rest] = [rows(0, 1_100), rows(1_100, 1_500)]
  // The rest never arrives, so the import cannot end before the signal.
  const { child, outcome, printed } = own.beginProcess('import', '-', '--format', 'csv')
  child.stdin.write(HEADER + first)
  await printed('1,000 lines')
  child.kill('SIGKILL')
  expect((await outcome).status).toBeNull()
  const present = await usernames(own)
  const before = await own.items()
  expect(before).toHaveLength(2 * present.length)
  expect(present.length).toBeGreaterThanOrEqual(1_000)
  expect(present.length).toBeLessThanOrEqual(1_100)

  const file = join(temporaryFolder(), 'users.csv')
  writeFileSync(file, HEADER + first + rest)
  const again = await own.run(['import', file])
  expect(again).toMatchObject({
    status: 0,
    stdout: `${1_500 - present.length} added, ${present.length} already there, 0 invalid.\n`,
  })
  const names = await usernames(own)
  expect(names).toHaveLength(1_500)
  expect(new Set(names).size).toBe(1_500)
  const after = new Set((await own.items()).map((item) => JSON.stringify(item)))
  expect(before.filter((item) => !after.has(JSON.stringify(item)))).toEqual([])
})
