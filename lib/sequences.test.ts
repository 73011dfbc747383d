import { expect, test } from 'vitest'
import { inParallel } from './sequences.ts'

async function* upTo(count: number, given: (number: number) => void = () => {}) {
  for (let number = 0; number < count; number += 1) {
    given(number)
    yield number
  }
}

const turn = () => new Promise(setImmediate)

test('inParallel works on every value once, with the given number at a time', async () => {
  const done: number[] = []
  let running = 0
  let most = 0
  await inParallel(4, upTo(50), async (number) => {
    running += 1
    most = Math.max(most, running)
    await turn()
    running -= 1
    done.push(number)
  })
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, number) => number))
  expect(most).toBe(4)
})

test('inParallel begins nothing after a failure and finishes what it has begun', async () => {
  const begun: number[] = []
  const finished: number[] = []
  const working = inParallel(4, upTo(50), async (number) => {
    begun.push(number)
    await turn()
    if (number === 2) throw new Error('failed')
    await turn()
    finished.push(number)
  })
  await expect(working).rejects.toThrow('failed')
  expect(begun.length).toBeLessThan(12)
  expect(finished).toEqual(begun.filter((number) => number !== 2))
})
