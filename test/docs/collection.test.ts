import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collectionText } from '../../examples/hoppscotch/collection.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { root } from '../support/process/service-description.ts'

test('the collection of Hoppscotch is what npm run collection writes', () => {
  expect(readFileSync(`${root}/examples/hoppscotch/jwt-demo.json`, 'utf8')).toBe(collectionText())
})

test('a row without a request is an error', () => {
  const row = { method: 'get', path: '/notes', summary: 'Get the notes', response: {} } as const
  expect(() => collectionText([...ROUTES, row])).toThrow('the collection has no request for GET /notes: ')
})

test('a name that is left out and has no row is an error', () => {
  const rows = ROUTES.filter(({ path }) => path !== '/oauth2/approve')
  expect(() => collectionText(rows)).toThrow('the collection leaves out POST /oauth2/approve, ')
})
