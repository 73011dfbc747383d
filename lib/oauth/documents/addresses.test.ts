import { expect, test } from 'vitest'
import { isGloballyReachable } from './addresses.ts'

// test/oauth/documents.test.ts has an address of each range.
test.each([
  ['93.184.215.14', true],
  ['9.255.255.255', true],
  ['10.255.255.255', false],
  ['11.0.0.0', true],
  ['2606:4700::1', true],
  ['2606:4700::1%eth0', false],
  ['2001:db8::1', false],
  ['3ffe::1', true],
  ['3fff::1', false],
  ['4000::', false],
  ['fe80::1%eth0', false],
  ['1.2.3', false],
  ['localhost', false],
  ['', false],
])('%j is globally reachable: %s', (address, isReachable) => {
  expect(isGloballyReachable(address)).toBe(isReachable)
})
