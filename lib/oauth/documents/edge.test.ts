import { expect, test, vi } from 'vitest'
import { edge } from './edge.ts'

const ADDRESSES = ['93.184.215.14', '10.0.0.1', '2606:4700::1']

const lookup = vi.hoisted(() => vi.fn())
vi.mock('node:dns/promises', () => ({ lookup }))

test('a name is looked up once, and all of its addresses are returned', async () => {
  lookup.mockResolvedValue(ADDRESSES.map((address) => ({ address })))
  expect(await edge.resolve('app.test')).toEqual(ADDRESSES)
  expect(lookup.mock.calls).toEqual([['app.test', { all: true }]])
})

test('a connection goes to the address at port 443, not to the name', () => {
  expect(edge.reach('93.184.215.14', 'app.test')).toEqual({ host: '93.184.215.14', port: 443 })
})
