import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { waitUntil } from './wait.ts'

test('a wait that ends between two reads of the clock prints no remaining time', async () => {
  const until = new Date('2027-01-15T12:00:00.000Z')
  const lefts = [1, 1]
  const now = () => new Date(until.getTime() - (lefts.shift() ?? -1))
  const stderr = Object.assign(new PassThrough(), { isTTY: false })
  await waitUntil(until, 'Why.', { stderr, now } as never, new AbortController().signal)
  expect(String(stderr.read())).toBe('Waiting until 2027-01-15T12:00:00.000Z (1 min).\nWhy.\n')
})
