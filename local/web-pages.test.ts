import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isHostAllowed } from './web-pages.ts'

test.each([
  ['localhost', true],
  ['LocalHost:3000', true],
  ['127.0.0.1:65535', true],
  ['[::1]', true],
  ['[::1]:3000', true],
  ['machine.lan:3000', true],
  ['[fd00::7]:3000', true],
  [undefined, false],
  ['', false],
  ['rebound.example:3000', false],
  ['localhost.example', false],
  ['example.localhost', false],
  ['127.0.0.1.example', false],
  ['[::2]:3000', false],
  ['0.0.0.0:3000', false],
])('the host %s is allowed: %s', (host, isAllowed) => {
  expect(isHostAllowed(host, 'Machine.lan', 'fd00::7')).toBe(isAllowed)
})

test('the documented docker run publishes the port on the loopback interface', () => {
  const published = readFileSync('docs/LOCAL.md', 'utf8').match(/docker run .*/g)
  expect(published).toEqual([expect.stringContaining(' -dp 127.0.0.1:3000:3000 ')])
})
