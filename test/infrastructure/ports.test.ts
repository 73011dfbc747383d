import { expect, test, vi } from 'vitest'
import { freePort } from '../support/process/service.ts'

const random = vi.hoisted(() => ({ next: [] as number[] }))
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return {
    ...crypto,
    randomInt: (...range: [number, number]) => random.next.shift() ?? crypto.randomInt(...range),
  }
})

test('a port that was given away is not given away again, before anything listens on it', async () => {
  const port = await freePort()
  random.next = [port, port]
  expect(await freePort()).not.toBe(port)
  expect(random.next).toEqual([])
})
