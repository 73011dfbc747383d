import { expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

async function* upTo(count: number, given: (number: number) => void = () => {}) {
  for (let number = 0; number < count; number += 1) {
    given(number)
    yield number
  }
}

const turn = () => new Promise(setImmediate)

test('everything is worked on once, so many at a time and no more', async () => {
  const done: number[] = []
  let going = 0
  let most = 0
  await inParallel(4, upTo(50), async (number) => {
    going += 1
    most = Math.max(most, going)
    await turn()
    going -= 1
    done.push(number)
  })
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, number) => number))
  expect(most).toBe(4)
})

test('after a failure nothing more is begun, and what was begun is finished before it is told', async () => {
  const begun: number[] = []
  const finished: number[] = []
  const working = inParallel(4, upTo(50), async (number) => {
    begun.push(number)
    await turn()
    if (number === 2) throw new Error('no luck')
    await turn()
    finished.push(number)
  })
  await expect(working).rejects.toThrow('no luck')
  expect(begun.length).toBeLessThan(12)
  expect(finished).toEqual(begun.filter((number) => number !== 2))
})
