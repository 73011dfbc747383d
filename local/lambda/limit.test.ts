import { expect, test } from 'vitest'
import { createLimit } from './limit.ts'

test('two of five run at once, in their order, and a failed one gives its place to the next', async () => {
  const limit = createLimit(2)
  const running: { id: number; end: () => void; fail: (error: Error) => void }[] = []
  const run = (id: number) =>
    limit(() => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      running.push({ id, end: resolve, fail: reject })
      return promise.finally(() =>
        running.splice(
          running.findIndex((one) => one.id === id),
          1,
        ),
      )
    })
  const all = Promise.allSettled([0, 1, 2, 3, 4].map(run))
  const ids = async () => {
    await new Promise(setImmediate)
    return running.map(({ id }) => id)
  }
  expect(await ids()).toEqual([0, 1])
  running[1]?.end()
  expect(await ids()).toEqual([0, 2])
  running[0]?.fail(new Error('failed'))
  expect(await ids()).toEqual([2, 3])
  running[0]?.end()
  running[1]?.end()
  expect(await ids()).toEqual([4])
  running[0]?.end()
  expect((await all).map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')])
  const again = run(5)
  expect(await ids()).toEqual([5])
  running[0]?.end()
  await again
})
