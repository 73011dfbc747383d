import { expect, test } from 'vitest'
import { createLock } from './lock.ts'

test('shared operations run at the same time', async () => {
  const { shared, end, log } = setUp()
  shared('a')
  shared('b')
  await end()
  await end('a')
  shared('c')
  await end()
  expect(log).toEqual(['a begins', 'b begins', 'a ends', 'c begins'])
})

test('an operation that runs alone begins after all earlier ones and before all later ones', async () => {
  const { shared, alone, end, log } = setUp()
  shared('a')
  shared('b')
  alone('c')
  shared('d')
  alone('e')
  shared('f')
  for (const name of [undefined, 'b', 'a', 'c', 'd', 'e', 'f']) await end(name)
  expect(log).toEqual(
    ['a begins', 'b begins', 'b ends', 'a ends', 'c begins', 'c ends', 'd begins', 'd ends'].concat([
      'e begins',
      'e ends',
      'f begins',
      'f ends',
    ]),
  )
})

test('a failed operation releases the lock', async () => {
  const { lock } = setUp()
  const fail = async () => {
    throw new Error('failed')
  }
  const results = [lock.shared(fail), lock.alone(fail), lock.alone(async () => 1), lock.shared(async () => 2)]
  expect(await Promise.allSettled(results)).toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
    { status: 'fulfilled', value: 1 },
    { status: 'fulfilled', value: 2 },
  ])
})

/** Returns a lock, and functions that begin operations and end them by name. */
function setUp() {
  const lock = createLock()
  const log: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      log.push(`${name} begins`)
      ends.set(name, () => {
        log.push(`${name} ends`)
        resolve()
      })
    })
  return {
    lock,
    log,
    shared: (name: string) => void lock.shared(work(name)),
    alone: (name: string) => void lock.alone(work(name)),
    /** Ends an operation, and waits until all that may begin after it has begun. */
    async end(name?: string) {
      if (name !== undefined) ends.get(name)?.()
      await new Promise(setImmediate)
    },
  }
}
