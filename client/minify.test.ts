import { expect, test } from 'vitest'
import { CLIENT_BUDGET, compressedBytes, minifyClient, readServed } from './minify.ts'

test('the served module is client.js, minified: npm run client', () => {
  expect(readServed()).toBe(minifyClient())
})

test('the served module has at most 3 KB, compressed', () => {
  expect(compressedBytes(readServed())).toBeLessThanOrEqual(CLIENT_BUDGET)
})
