import { expect, test } from 'vitest'
import { CHANGES } from '../../../lib/mail/change.ts'
import { ROUTES } from '../../../lib/openapi/routes.ts'

const moduleOf = (path: string) => import(new URL(path, import.meta.url).href)
const { changeOf, purposeOf } = await moduleOf('./changes.js')

test('each request of the page is the change that its route demands a proof of', () => {
  const proved = ROUTES.filter(({ proof }) => proof !== undefined && proof !== 'password')
  expect(proved.length).toBeGreaterThan(CHANGES.length)
  expect(
    proved.map(({ method, path }) =>
      changeOf(path.slice(1).replace(/\{.*\}/, 'an-id'), method.toUpperCase()),
    ),
  ).toEqual(proved.map(({ proof }) => proof))
})

test.each(CHANGES)('the dialog says what a proof of %s is for', (change) => {
  expect(purposeOf(change)).toMatch(/^To .+, confirm that it is you\.$/)
})
